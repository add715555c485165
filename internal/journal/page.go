package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Page puts the page of a run that began at a time beside the reports of its service, and gives the file's name. The last Kept pages of a service are kept.
func (s Store) Page(service cluster.ARN, key cluster.ServiceKey, at time.Time, page []byte) (name string, err error) {
	reports, err := s.file(service, key)
	if err != nil {
		return "", fmt.Errorf("writing the page of a run: %w", err)
	}
	stem := strings.TrimSuffix(reports, ".jsonl")
	name = stem + "-" + at.UTC().Format("20060102T150405Z") + ".html"
	if err := replace(name, page); err != nil {
		return "", fmt.Errorf("writing the page of a run on %s: %w", key, err)
	}
	pages, err := filepath.Glob(stem + "-" + strings.Repeat("[0-9]", 8) + "T" + strings.Repeat("[0-9]", 6) + "Z.html")
	if err != nil {
		return name, nil // the pattern is ours, and has no error
	}
	slices.Sort(pages)
	for _, old := range pages[:max(0, len(pages)-Kept)] {
		_ = os.Remove(old) // another process may have
	}
	return name, nil
}

// Package journal is what Handover remembers on this machine: how earlier runs on a service went, so that the next forecast of it is better, and the records of
// operations that cannot be written on their services, so that another process can go on from them, and what was begun last on a service, so that the same command again follows it.
//
// It guarantees that a file is either the former or the new one, whatever happens while it is written, that only its owner can read it, and that it stays small: the
// last Kept reports of a service. What cannot be understood, because it is of another version or damaged, is left out and overwritten by the next report. No report
// is needed for correctness: without them, forecasts rest on what the service itself shows. Two processes that report at the same moment may lose one report.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
)

// Version is that of a Report. Others are not read.
const Version = 1

// Kept is how many reports of a service are kept: what is older was measured on other code.
const Kept = 10

// Report is how one run on a service went.
type Report struct {
	Version   int           `json:"version"`
	At        time.Time     `json:"at"` // when it began, the provider's time
	Operation string        `json:"operation"`
	End       cluster.End   `json:"end"`
	Took      time.Duration `json:"took"`
	P50       time.Duration `json:"p50"` // what had been predicted
	P90       time.Duration `json:"p90"`
	P99       time.Duration `json:"p99"`
	// Hindsight is what the forecast would have said, had it known what the run itself has measured; 0 where that is not known. What is left between it
	// and Took is the model's own error.
	Hindsight time.Duration   `json:"hindsight,omitempty"`
	Samples   measure.Samples `json:"samples"` // of the run's own tasks
}

// Store is a folder of reports.
type Store struct{ folder string }

// Where gives the store of this user: $HANDOVER_STATE, or $XDG_STATE_HOME/handover, or ~/.local/state/handover. ok is false where none of them is known, or
// HANDOVER_STATE is off: then nothing is remembered. Source: XDG Base Directory Specification.
func Where(getenv func(string) string) (store Store, ok bool) {
	state := getenv("HANDOVER_STATE")
	switch {
	case state == "off":
		return Store{}, false
	case state != "":
		return Store{state}, true
	case filepath.IsAbs(getenv("XDG_STATE_HOME")):
		return Store{filepath.Join(getenv("XDG_STATE_HOME"), "handover")}, true
	case filepath.IsAbs(getenv("HOME")):
		return Store{filepath.Join(getenv("HOME"), ".local", "state", "handover")}, true
	}
	return Store{}, false
}

// file is where the reports of a service are, or, of a key without a service, those of the drains of its cluster's instances. Names of clusters and services have
// letters, digits, hyphens and underscores only, so that they are names of files.
func (s Store) file(service cluster.ARN, key cluster.ServiceKey) (string, error) {
	if key.Service == "" && cluster.ValidName(key.Cluster) && service.Account != "" && service.Region != "" {
		return filepath.Join(s.folder, "drains", filepath.Base(service.Account), filepath.Base(service.Region), key.Cluster+".jsonl"), nil
	}
	if !cluster.ValidName(key.Cluster) || !cluster.ValidName(key.Service) || service.Account == "" || service.Region == "" {
		return "", fmt.Errorf("%s in account %q and Region %q is no name for a file", key, service.Account, service.Region)
	}
	return filepath.Join(s.folder, "reports", filepath.Base(service.Account), filepath.Base(service.Region), key.Cluster, key.Service+".jsonl"), nil
}

// Reports gives what is known of a service, newest first; nothing where there is nothing.
func (s Store) Reports(service cluster.ARN, key cluster.ServiceKey) ([]Report, error) {
	name, err := s.file(service, key)
	if err != nil {
		return nil, fmt.Errorf("reading earlier reports: %w", err)
	}
	text, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading earlier reports of %s: %w", key, err)
	}
	var reports []Report
	for line := range bytes.Lines(text) {
		var r Report
		if json.Unmarshal(line, &r) == nil && r.Version == Version {
			reports = append(reports, r)
		}
	}
	return reports[:min(Kept, len(reports))], nil
}

// most is more than Kept reports ever take: one with 8 lists of 200 durations is 25 kB.
const most = 1 << 20

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, most))
}

// Add puts a report before those that are there.
func (s Store) Add(service cluster.ARN, key cluster.ServiceKey, r Report) error {
	earlier, err := s.Reports(service, key)
	if err != nil {
		return err
	}
	name, err := s.file(service, key)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	r.Version = Version
	for _, one := range append([]Report{r}, earlier[:min(Kept-1, len(earlier))]...) {
		if err := lines.Encode(one); err != nil {
			return fmt.Errorf("writing the report of %s: %w", key, err)
		}
	}
	if err := replace(name, text.Bytes()); err != nil {
		return fmt.Errorf("writing the report of %s: %w", key, err)
	}
	return nil
}

// replace writes a file beside the one that it then replaces.
func replace(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(name), ".report-*") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = beside.Write(text)
	if err = errors.Join(err, beside.Close()); err == nil {
		err = os.Rename(beside.Name(), name)
	}
	if err != nil {
		_ = os.Remove(beside.Name())
	}
	return err
}

package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"handover/internal/cluster"
)

// Record gives the tags with which an operation has written down, on this machine, what it must put back on a service; none where it has not. Unlike a report it
// must not be lost: one that is there and cannot be understood is an error.
func (s Store) Record(service string) ([]cluster.Tag, error) {
	name, err := s.recordFile(service)
	if err != nil {
		return nil, fmt.Errorf("reading the record of %s: %w", service, err)
	}
	text, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrPermission) {
		return nil, nil // where we cannot read, we have not written
	}
	var tags []cluster.Tag
	if err == nil {
		err = json.Unmarshal(text, &tags)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record of %s: %w", service, err)
	}
	return tags, nil
}

// Keep replaces the record of a service. No tags remove it.
func (s Store) Keep(service string, tags []cluster.Tag) error {
	name, err := s.recordFile(service)
	if err != nil {
		return fmt.Errorf("writing the record of %s: %w", service, err)
	}
	if len(tags) == 0 {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the record of %s: %w", service, err)
		}
		return nil
	}
	text, err := json.Marshal(tags)
	if err == nil {
		err = replace(name, text)
	}
	if err != nil {
		return fmt.Errorf("writing the record of %s: %w", service, err)
	}
	return nil
}

// recordFile is where the record of a service is, by its ARN in either format.
func (s Store) recordFile(service string) (string, error) {
	arn, err := cluster.ParseARN(service)
	if err != nil {
		return "", err
	}
	parts := append([]string{arn.Account, arn.Region}, strings.Split(arn.Resource, "/")...)
	for _, p := range parts {
		if !cluster.ValidName(p) {
			return "", fmt.Errorf("%q is no name for a file", p)
		}
	}
	return filepath.Join(append([]string{s.folder, "records"}, parts...)...) + ".json", nil
}

package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Begun is the last deployment of a service that a command on this machine began, and how that was asked for: the same command again follows it while it is in flight, and does
// not begin a second one.
type Begun struct {
	Version    int               `json:"version"`
	At         time.Time         `json:"at"` // the provider's time
	Operation  string            `json:"operation"`
	Options    map[string]string `json:"options,omitempty"` // the flags that say what is done
	Deployment string            `json:"deployment"`
}

// Begin writes down what was begun last on a service, in the place of what was before.
func (s Store) Begin(service cluster.ARN, key cluster.ServiceKey, b Begun) error {
	name, err := s.begunFile(service, key)
	if err != nil {
		return fmt.Errorf("writing down what was begun: %w", err)
	}
	b.Version = Version
	text, err := json.Marshal(b)
	if err == nil {
		err = replace(name, text)
	}
	if err != nil {
		return fmt.Errorf("writing down what was begun on %s: %w", key, err)
	}
	return nil
}

// Begun gives what was begun last on a service from this machine; ok is false where nothing is known. What cannot be understood is nothing.
func (s Store) Begun(service cluster.ARN, key cluster.ServiceKey) (b Begun, ok bool, err error) {
	name, err := s.begunFile(service, key)
	if err != nil {
		return Begun{}, false, fmt.Errorf("reading what was begun: %w", err)
	}
	text, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Begun{}, false, nil
	}
	if err != nil {
		return Begun{}, false, fmt.Errorf("reading what was begun on %s: %w", key, err)
	}
	if json.Unmarshal(text, &b) != nil || b.Version != Version {
		return Begun{}, false, nil
	}
	return b, true, nil
}

// begunFile is beside the reports of the service.
func (s Store) begunFile(service cluster.ARN, key cluster.ServiceKey) (string, error) {
	reports, err := s.file(service, key)
	return strings.TrimSuffix(reports, ".jsonl") + ".begun.json", err
}

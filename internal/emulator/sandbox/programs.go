package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"handover/internal/emulator/api"
)

// bootstrap is what the program in a zip is called. Source: Lambda developer guide, runtimes-custom.
const bootstrap = "bootstrap"

// largestProgram is how large a program in a zip may be. Source: Lambda quotas: 250 MB unzipped.
const largestProgram = 250 << 20

// Named finds a program by an S3 key: the last part of the key is the name of a file of the folder, with or without .zip.
func (h *Host) Named(key string) (api.Program, error) {
	name := path.Base(key)
	plain := strings.TrimSuffix(name, ".zip")
	for _, candidate := range []string{name, plain, plain + ".zip"} {
		p, err := h.described(candidate)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return p, err
		}
	}
	return api.Program{}, fmt.Errorf("%s has neither %s nor %s.zip; the last part of S3Key names a program there", h.folder, plain, plain)
}

// Uploaded finds the program of the folder that is the one in a zip, byte for byte.
func (h *Host) Uploaded(zipped []byte) (api.Program, error) {
	content, err := unzipped(zipped)
	if err != nil {
		return api.Program{}, err
	}
	wanted := sha256.Sum256(content)
	entries, err := os.ReadDir(h.folder)
	if err != nil {
		return api.Program{}, err
	}
	for _, e := range entries {
		found, err := h.content(e.Name())
		if err == nil && sha256.Sum256(found) == wanted {
			return h.described(e.Name())
		}
	}
	return api.Program{}, fmt.Errorf("the program in the zip is none of those in %s: what is uploaded is run only if the operator has put it there, too", h.folder)
}

// described looks at a file of the folder.
func (h *Host) described(name string) (api.Program, error) {
	content, err := h.content(name)
	if err != nil {
		return api.Program{}, err
	}
	sum := sha256.Sum256(content)
	return api.Program{Name: name, Size: int64(len(content)), SHA256: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// content is the program that a file of the folder is, or has in it.
func (h *Host) content(name string) ([]byte, error) {
	if name == "" || name == "." || name == ".." || name != filepath.Base(name) {
		return nil, fmt.Errorf("%q is no name of a file", name)
	}
	file := filepath.Join(h.folder, name)
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", file)
	case strings.HasSuffix(name, ".zip"):
		zipped, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return unzipped(zipped)
	case info.Mode()&0o111 == 0:
		return nil, fmt.Errorf("%s is not executable", file)
	}
	return os.ReadFile(file)
}

// unzipped reads the program out of a zip.
func unzipped(zipped []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		return nil, fmt.Errorf("it is no zip: %w", err)
	}
	file, err := archive.Open(bootstrap)
	if err != nil {
		return nil, errors.New("the zip has no file bootstrap")
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, largestProgram+1))
	if err == nil && len(content) > largestProgram {
		err = fmt.Errorf("the program in the zip is larger than %d bytes", largestProgram)
	}
	return content, err
}

// executable is where a program can be run: in the folder, or unzipped in one of our own.
func (h *Host) executable(name string) (string, error) {
	if !strings.HasSuffix(name, ".zip") {
		_, err := h.described(name)
		return filepath.Join(h.folder, name), err
	}
	content, err := h.content(name)
	if err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.work == "" {
		if h.work, err = os.MkdirTemp("", "handover-functions-"); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(content)
	file := filepath.Join(h.work, fmt.Sprintf("%x", sum[:8]))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	return file, os.WriteFile(file, content, 0o700)
}

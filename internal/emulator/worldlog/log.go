package worldlog

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// Error is a fault of a log. It names the file and, where it is in one, the record.
type Error struct {
	File   string
	Record int64 // counted from 0, -1: the file as a whole
	Err    error
}

func (e *Error) Error() string {
	if e.Record < 0 {
		return fmt.Sprintf("log %s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("log %s, record %d: %v", e.File, e.Record, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Log is an open log. It may be used by many goroutines.
//
// A record's place in the file is decided by Append, under one short lock and without any input or output. Whoever appends while the lock of a Region is held
// therefore writes the records of that Region in the order in which its world acted; between Regions the order does not matter, but for a reset, which is
// appended while the locks of all Regions are held. The write itself happens in Wait, where no lock of a Region is held: the first to wait writes everything
// that is in the queue by then, and the others wait for that one write.
type Log struct {
	name  string
	scene Scene
	past  past // until Replay has used it

	mu      sync.Mutex
	changed sync.Cond // written or failed has changed, or nobody writes any more
	file    *os.File
	queue   []Record
	next    uint64 // the number of the next record that is appended
	written uint64 // records that are on the disk
	writing bool
	worlds  map[string]int // bytes of the last whole world of each Region
	failed  error          // the first failure to write; nothing is written after it
}

// Open opens a log, or begins one with a scene where there is no file or an empty one. Scene says what it begins with.
func Open(name string, begin Scene) (*Log, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, &Error{File: name, Record: -1, Err: err}
	}
	l := &Log{name: name, file: file, worlds: map[string]int{}}
	l.changed.L = &l.mu
	if err := l.begin(begin); err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	return l, nil
}

func (l *Log) begin(scene Scene) error {
	if err := lock(l.file); err != nil {
		return &Error{File: l.name, Record: -1, Err: err}
	}
	p, err := l.read()
	if err != nil {
		return err
	}
	if p.records == 0 {
		return l.first(scene, p)
	}
	for name, r := range p.regions {
		if r.world != nil {
			l.worlds[name] = len(r.world.text)
		}
	}
	l.past, l.scene, l.next, l.written = p, p.scene, p.records, p.records
	return l.cut(p.length)
}

// first writes the first record of a new log, and the directory, so that the file itself is there after a power cut.
func (l *Log) first(scene Scene, p past) error {
	if err := l.cut(0); err != nil {
		return err
	}
	l.scene, p.scene = scene, scene
	l.past = p
	if err := l.Wait(l.Append(scene)); err != nil {
		return &Error{File: l.name, Record: 0, Err: err}
	}
	l.past.records = 1
	dir, err := os.Open(filepath.Dir(l.name))
	if err != nil {
		return &Error{File: l.name, Record: -1, Err: err}
	}
	defer func() { _ = dir.Close() }()
	_ = dir.Sync() // some file systems have none for directories; the file's own was checked
	return nil
}

// cut takes off what follows the last whole line, and goes there.
func (l *Log) cut(length int64) error {
	if err := l.file.Truncate(length); err != nil {
		return &Error{File: l.name, Record: -1, Err: err}
	}
	if _, err := l.file.Seek(length, 0); err != nil {
		return &Error{File: l.name, Record: -1, Err: err}
	}
	return nil
}

// Scene is what every Region of this log begins with.
func (l *Log) Scene() Scene { return l.scene }

// Append puts a record at the end of the log and gives the ticket to Wait for it. It is not on the disk yet.
func (l *Log) Append(r Record) (ticket uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, r)
	l.next++
	return l.next
}

// Wait returns once the ticket's record and all before it are on the disk, or with the error for which they never will be. Ticket 0 waits for nothing.
func (l *Log) Wait(ticket uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.written < ticket {
		switch {
		case l.failed != nil:
			return l.failed
		case l.writing:
			l.changed.Wait()
		default:
			l.commit()
		}
	}
	return nil
}

// commit writes the queue. It is called with the lock, which it gives up while it encodes and writes.
func (l *Log) commit() {
	batch, first := l.queue, l.next-uint64(len(l.queue))
	l.queue, l.writing = nil, true
	l.mu.Unlock()
	worlds, err := l.write(batch, first)
	l.mu.Lock()
	l.writing = false
	maps.Copy(l.worlds, worlds)
	if err != nil {
		l.failed = fmt.Errorf("writing the log %s: %w", l.name, err)
	} else {
		l.written = first + uint64(len(batch))
	}
	l.changed.Broadcast()
}

// write gives the bytes of the whole worlds among the records.
func (l *Log) write(batch []Record, first uint64) (worlds map[string]int, err error) {
	var text []byte
	worlds = map[string]int{}
	for i, r := range batch {
		before := len(text)
		if text, err = appendLine(text, first+uint64(i), r); err != nil {
			return nil, err
		}
		if w, ok := r.(World); ok {
			worlds[w.Region] = len(text) - before
		}
	}
	if _, err := l.file.Write(text); err != nil {
		return nil, err
	}
	return worlds, l.file.Sync()
}

// WorldSize is how many bytes the last whole world of a Region has in the log; 0 where there is none.
func (l *Log) WorldSize(region string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worlds[region]
}

// Close writes what was appended and closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	last := l.next
	l.mu.Unlock()
	err := l.Wait(last)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("the log %s is closed", l.name)
	}
	return errors.Join(err, l.file.Close())
}

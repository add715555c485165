//go:build linux || darwin || freebsd || netbsd || openbsd

package worldlog

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes out of a file. The system takes the lock away when the process ends, however it ends.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another emulator has it open")
	}
	return err
}

//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package worldlog

import "os"

// lock does nothing where the system has no flock: there it is the user who must not start two emulators on one file.
func lock(*os.File) error { return nil }

package emulator

import (
	"fmt"
	"net"
	"strings"
)

// CheckLoopback tells whether an address to listen on can only be reached from this machine. The emulator checks no signature, so that whoever reaches it
// may do everything.
func CheckLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address of the form HOST:PORT: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil && ip.IsLoopback() {
		return nil
	}
	if host == "" {
		host = "every address of this machine"
	}
	return fmt.Errorf("listening on %s would let others in, and the emulator checks no signature; use 127.0.0.1, or allow remote clients explicitly", host)
}

// Listen opens a TCP listener for a Server. Unless remote clients are allowed, the address must be a loopback address.
func Listen(address string, allowRemote bool) (net.Listener, error) {
	if !allowRemote {
		if err := CheckLoopback(address); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}

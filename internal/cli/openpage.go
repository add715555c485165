package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"sync"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/web"
)

// openPage is the page of an operation that runs in this process, opened from the terminal while it does. Nothing is read for it: it shows the operation's own
// looks. It cannot begin anything, and ends with the operation.
type openPage struct {
	conn   *Connection
	browse func(url string) error // opens a browser; fails where there is none

	mu      sync.Mutex
	running web.Running
	record  *recording
	server  *http.Server // nil: nobody has asked for the page yet
	page    *web.Server
	told    web.Told
	end     context.CancelFunc
}

// pageOf is the page of a change that is about to be carried out.
func (c change) pageOf(d *driven) *openPage {
	open := c.factory.Browse
	if open == nil {
		open = func(string) error { return errors.New("there is no browser") }
	}
	return &openPage{conn: d.conn, browse: open, record: d.recording,
		running: web.Running{Subject: web.Subject{Cluster: c.service.Cluster, Name: c.service.Service, Instance: c.operation == operation.KindDrain}, Operation: c.operation, View: d.recording.view, Predicted: d.recording.predicted}}
}

// open serves the page, where it is not served yet, and says where it is.
func (o *openPage) open() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.server == nil {
		if err := o.serve(); err != nil {
			return "the page could not be opened: " + err.Error()
		}
	}
	address := o.page.Address()
	if o.browse(address) == nil {
		return "the page opens in the browser, and is there as long as this runs"
	}
	return "the page, for one browser on this machine, as long as this runs:\n  " + address
}

// serve begins to serve the page. The caller holds the lock.
func (o *openPage) serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening on 127.0.0.1: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	who := o.conn.Identity
	o.page = web.New(ctx, web.Options{Host: listener.Addr().String(), Token: web.Token(), Open: &o.running.Subject, Version: version(),
		Place: &web.Place{Provider: o.conn.Provider, Directory: o.conn.Directory, Account: who.Account, Region: who.Region, Caller: who.Caller, Simulated: who.Simulated}})
	o.told, o.end = o.page.Tell(o.running), end
	o.server = &http.Server{Handler: o.page, ReadHeaderTimeout: headerPatience}
	go func() { _ = o.server.Serve(listener) }() // it ends with close
	return nil
}

// step shows a step of the operation, where somebody looks.
func (o *openPage) step(in operation.Input, d operation.Decision) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running.View, o.running.Line = o.record.view, o.record.line
	if o.server != nil {
		o.told.Step(o.running.Line, in, d)
	}
}

// close shows how it ended, and ends the page.
func (o *openPage) close(v cluster.Verdict) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.server == nil {
		return
	}
	o.told.End(o.running.Line, v)
	o.end()
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if o.server.Shutdown(ctx) != nil {
		_ = o.server.Close()
	}
}

// browse opens an address in the user's browser. A machine without a screen has none.
func browse(getenv func(string) string) func(url string) error {
	return func(url string) error {
		name, args := "xdg-open", []string{url}
		switch {
		case runtime.GOOS == "darwin":
			name = "open"
		case runtime.GOOS == "windows":
			name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
		case getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "":
			return errors.New("there is no screen")
		}
		if err := exec.Command(name, args...).Start(); err != nil { //nolint:gosec // a fixed program, and an address of ours
			return fmt.Errorf("opening the browser: %w", err)
		}
		return nil
	}
}

package emulator

import (
	"sync"
	"time"
)

// callsKept is how many of the last calls /_handover/calls has.
const callsKept = 1000

// calls are the last calls, oldest first from next on once there are callsKept.
type calls struct {
	mu   sync.Mutex
	all  []Call
	next int
}

func (c *calls) add(one Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) < callsKept {
		c.all = append(c.all, one)
		return
	}
	c.all[c.next] = one
	c.next = (c.next + 1) % callsKept
}

// last gives the newest n calls, oldest first.
func (c *calls) last(n int) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	ordered := append(append(make([]Call, 0, len(c.all)), c.all[c.next:]...), c.all[:c.next]...)
	return ordered[max(0, len(ordered)-n):]
}

// callView is a call as JSON. It has nothing of what was sent: a request may carry secrets.
type callView struct {
	At        time.Time `json:"at"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	Region    string    `json:"region"`
	Status    int       `json:"status"`
	Code      string    `json:"code,omitempty"`
	RequestID string    `json:"requestId"`
	UserAgent string    `json:"userAgent,omitempty"`
}

func (c Call) view() callView {
	return callView{At: c.At.UTC(), Service: c.Service, Operation: c.Operation, Region: c.Region, Status: c.Status, Code: c.Code, RequestID: c.RequestID, UserAgent: c.UserAgent}
}

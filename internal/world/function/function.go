// Package function is AWS Lambda as a pure model: functions, who may invoke them, the invocations on their way through them, and event source mappings.
//
// It guarantees that an invocation ends once: by what its environment reports, or by its function's time limit, whichever comes first; that an asynchronous one
// which has failed is tried again after Lambda's delays, as often as the function says, and then given up; and that a loop through topics and queues is ended
// after 16 rounds, unless the function allows it. It has no clock and no environments: time is an argument, ids are the caller's, and whoever has environments takes
// what is ready and says how it ended.
package function

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

const (
	// Rounds is how often a function is invoked on the way of one event before Lambda ends the loop. Source: Lambda developer guide, invocation-recursion.
	Rounds = 16
	// kept is how long the end of an invocation is there for a caller who waits; a choice, for the answer is fetched within seconds.
	kept = 10 * time.Minute
	// settling is how long after a message was there Lambda receives it; not published: messages are mostly received within a second.
	settling = 200 * time.Millisecond
)

// Model is all functions of a world.
type Model struct {
	Functions   []*cluster.Function   `json:"functions,omitempty"`   // by ARN
	Mappings    []*Mapping            `json:"mappings,omitempty"`    // as they were made
	Invocations []*cluster.Invocation `json:"invocations,omitempty"` // as they were accepted; those that are over are gone
	Numbered    int                   `json:"numbered,omitempty"`    // ids ever given out
	Stopped     int                   `json:"stopped,omitempty"`     // invocations that were not made because they were a loop
	GivenUp     int                   `json:"givenUp,omitempty"`     // events of which every attempt failed, or that became too old
}

// Mapping is a mapping with what only Lambda knows of it.
type Mapping struct {
	cluster.Mapping
	LookAt time.Time `json:"lookAt,omitzero"` // when its queue is looked at next; zero while nothing is there
}

// Clone makes a copy that shares nothing that either may change. What is within a function or an invocation is replaced, never changed.
func (m Model) Clone() Model {
	m.Functions, m.Mappings, m.Invocations = cloneAll(m.Functions), cloneAll(m.Mappings), cloneAll(m.Invocations)
	return m
}

func cloneAll[T any](all []*T) []*T {
	if all == nil {
		return nil
	}
	copies := make([]*T, len(all))
	for i, one := range all {
		copied := *one
		copies[i] = &copied
	}
	return copies
}

// Function finds a function by ARN.
func (m *Model) Function(arn string) (found *cluster.Function, ok bool) {
	at, ok := m.place(arn)
	if !ok {
		return nil, false
	}
	return m.Functions[at], true
}

func (m *Model) place(arn string) (at int, there bool) {
	return slices.BinarySearchFunc(m.Functions, arn, func(f *cluster.Function, arn string) int { return strings.Compare(f.ARN, arn) })
}

// Put adds a function, or replaces the one with its ARN.
func (m *Model) Put(f cluster.Function) {
	at, there := m.place(f.ARN)
	if there {
		f.Revision = m.Functions[at].Revision + 1
		m.Functions[at] = &f
		return
	}
	f.Revision = 1
	m.Functions = slices.Insert(m.Functions, at, &f)
}

// Delete removes a function with its mappings and with the events that wait for it.
func (m *Model) Delete(arn string) {
	m.Functions = slices.DeleteFunc(m.Functions, func(f *cluster.Function) bool { return f.ARN == arn })
	m.Mappings = slices.DeleteFunc(m.Mappings, func(one *Mapping) bool { return one.Function == arn })
	m.Invocations = slices.DeleteFunc(m.Invocations, func(i *cluster.Invocation) bool {
		return i.Function == arn && (i.State == cluster.InvocationWaiting || i.State == cluster.InvocationReady)
	})
}

// Mapping finds a mapping by id.
func (m *Model) Mapping(id string) (found *Mapping, ok bool) {
	at := slices.IndexFunc(m.Mappings, func(one *Mapping) bool { return one.ID == id })
	if at < 0 {
		return nil, false
	}
	return m.Mappings[at], true
}

// PutMapping adds a mapping, or replaces what was declared of the one with its id.
func (m *Model) PutMapping(declared cluster.Mapping) {
	if there, ok := m.Mapping(declared.ID); ok {
		there.Mapping = declared
		return
	}
	m.Mappings = append(m.Mappings, &Mapping{Mapping: declared})
}

// DeleteMapping removes a mapping.
func (m *Model) DeleteMapping(id string) {
	m.Mappings = slices.DeleteFunc(m.Mappings, func(one *Mapping) bool { return one.ID == id })
}

// Invocation finds an invocation by id.
func (m *Model) Invocation(id string) (found *cluster.Invocation, ok bool) {
	at := slices.IndexFunc(m.Invocations, func(i *cluster.Invocation) bool { return i.ID == id })
	if at < 0 {
		return nil, false
	}
	return m.Invocations[at], true
}

// Allows tells whether a function's policy lets a service invoke it for a resource of an account. Source: Lambda developer guide, access-control-resource-based.
func Allows(f *cluster.Function, service, source, account string) bool {
	return slices.ContainsFunc(f.Grants, func(g cluster.Grant) bool {
		return (g.Principal == service || g.Principal == "*") && (g.Action == "lambda:InvokeFunction" || g.Action == "lambda:*") && like(source, g.Source) &&
			(g.OfAccount == "" || g.OfAccount == account)
	})
}

// like tells whether an ARN is as the one of a grant, in which * stands for any text; an empty one is as any.
func like(arn, wanted string) bool {
	first, rest, wild := strings.Cut(wanted, "*")
	switch {
	case wanted == "":
		return true
	case !wild:
		return arn == wanted
	}
	tail, ok := strings.CutPrefix(arn, first)
	return ok && (rest == "" || strings.HasSuffix(tail, rest))
}

// Accept takes an event for a function in, ready to be taken. It is not taken in where it comes from a loop that Lambda ends; ok is false then.
func (m *Model) Accept(f *cluster.Function, i cluster.Invocation, now time.Time) (accepted *cluster.Invocation, ok bool) {
	lineage := maps.Clone(i.Lineage)
	if lineage == nil {
		lineage = cluster.Lineage{}
	}
	lineage[f.ARN]++
	if lineage[f.ARN] > Rounds && !f.Recursive {
		m.Stopped++
		return nil, false
	}
	i.Function, i.Lineage, i.Attempt, i.State, i.At = f.ARN, lineage, 1, cluster.InvocationReady, now
	m.Invocations = append(m.Invocations, &i)
	return &i, true
}

// Take begins an invocation that is ready. It ends at Until.
func (m *Model) Take(i *cluster.Invocation, now time.Time) {
	i.State, i.Until = cluster.InvocationRunning, now
	if f, ok := m.Function(i.Function); ok {
		i.Until = now.Add(f.Timeout)
	}
}

// TimedOut is the error of an invocation that its function's time limit has ended. The words are those of Lambda's logs.
func (m *Model) TimedOut(i *cluster.Invocation) string {
	limit := 0.0
	if f, ok := m.Function(i.Function); ok {
		limit = f.Timeout.Seconds()
	}
	return Failure("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", i.ID, limit))
}

// Failure writes an error as functions give it back.
func Failure(kind, message string) string {
	text, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // texts alone, which always can be written
	return string(text)
}

// After is what becomes of an invocation that has ended.
type After struct {
	Again   time.Time // when it is ready once more; zero: never
	GivenUp string    // why an asynchronous event was given up, as Lambda calls it; empty: it was not
}

// End ends an invocation that is running.
//
// An asynchronous one that has failed is tried again after one minute and then after two, as often as the function says and while the event is not older than it may be.
// Source: Lambda developer guide, invocation-async-error-handling. An answer for a caller is kept for a while.
func (m *Model) End(i *cluster.Invocation, failed bool, answer string, now time.Time) After {
	i.State, i.Failed, i.Answer, i.Until = cluster.InvocationEnded, failed, answer, now.Add(kept)
	if i.For == cluster.ForCaller {
		return After{}
	}
	f, there := m.Function(i.Function)
	if i.For != cluster.ForNobody || !failed || !there {
		m.Forget(i.ID)
		return After{}
	}
	again := now.Add(time.Duration(i.Attempt) * time.Minute)
	var reason string
	switch {
	case i.Attempt > f.Retries:
		reason = "RetriesExhausted"
	case again.Sub(i.At) > f.MaxAge:
		reason = "EventAgeExceeded"
	default:
		i.State, i.Until = cluster.InvocationWaiting, again
		i.Attempt++
		return After{Again: again}
	}
	m.GivenUp++
	m.Forget(i.ID)
	return After{GivenUp: reason}
}

// Forget removes an invocation.
func (m *Model) Forget(id string) {
	m.Invocations = slices.DeleteFunc(m.Invocations, func(i *cluster.Invocation) bool { return i.ID == id })
}

// Wake has a mapping look at its queue, at a time or soon after a message is there, and tells when, unless it looks at it sooner.
func (m *Mapping) Wake(at time.Time) (when time.Time, ok bool) {
	when = at.Add(settling)
	if !m.Enabled || !m.LookAt.IsZero() && !m.LookAt.After(when) {
		return time.Time{}, false
	}
	m.LookAt = when
	return when, true
}

// Failures reads which messages of a batch failed, from what a function gave back: all of them where it did not give back what it should, none where it has nothing
// to say. Source: Lambda developer guide, services-sqs-errorhandling.
func Failures(answer string, messages []string) (failed []string) {
	var read struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if strings.TrimSpace(answer) == "" || strings.TrimSpace(answer) == "null" {
		return nil
	}
	if json.Unmarshal([]byte(answer), &read) != nil {
		return messages
	}
	if read.Failures == nil {
		return nil
	}
	for _, f := range *read.Failures {
		if !slices.Contains(messages, f.ID) { // one that is not of the batch, or empty, makes the whole batch fail
			return messages
		}
		failed = append(failed, f.ID)
	}
	return failed
}

package console

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"handover/internal/cluster"
	"handover/internal/diagnosis"
	"handover/internal/operation"
)

// Schema names the version of the documents.
const Schema = "handover/1"

// Document is one thing that is told.
type Document interface{ kind() string }

// Moment is when something was seen: the provider's time, and the seconds since the operation began.
type Moment struct {
	At time.Time `json:"at"`
	T  float64   `json:"t"`
}

func (m Moment) elapsed() time.Duration { return time.Duration(m.T * float64(time.Second)) }

func momentOf(at, began time.Time) Moment {
	return Moment{At: stamp(at), T: math.Round(max(0, at.Sub(began).Seconds())*1000) / 1000}
}

// stamp is a time as documents show it: UTC, to the millisecond.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// Identity is who acts where.
type Identity struct {
	Account   string `json:"account"`
	Region    string `json:"region"`
	Caller    string `json:"caller,omitempty"`
	Simulated bool   `json:"simulated"`
}

// Start says that an operation begins.
type Start struct {
	Moment
	Operation string `json:"operation"`
	Service   string `json:"service"`
	Identity
	Definition string  `json:"definition,omitempty"`
	Desired    int     `json:"desired"`
	Floor      int     `json:"floor"`
	Ceiling    int     `json:"ceiling"`
	Timeout    float64 `json:"timeout"`
	// Leaving is, of a drain, what becomes of the tasks of each service on the instances.
	Leaving []Prospect `json:"leaving,omitempty"`
}

// Event is a service event of ECS.
type Event struct {
	Moment
	Service string `json:"service"`
	Message string `json:"message"`
}

// Change says that the counts of tasks changed. Tasks is the sum of Old, New and Draining.
type Change struct {
	Moment
	Service    string `json:"service"`
	Deployment string `json:"deployment,omitempty"`
	Tasks      int    `json:"tasks"`
	Healthy    int    `json:"healthy"`
	Old        int    `json:"old"`
	New        int    `json:"new"`
	Draining   int    `json:"draining"`
}

// Waiting says what is waited for.
type Waiting struct {
	Moment
	Service   string  `json:"service"`
	Object    string  `json:"object"`
	Condition string  `json:"condition"`
	Done      int     `json:"done"`
	Of        int     `json:"of"`
	Bound     float64 `json:"bound,omitempty"`
}

// text says it in one line. What is not counted has no numbers.
func (w Waiting) text() string {
	text := "waiting for " + w.Object + " " + w.Condition
	if w.Of > 0 {
		text += fmt.Sprintf(": %d of %d", w.Done, w.Of)
	}
	return text
}

// Note is something that people should know now.
type Note struct {
	Moment
	Service string          `json:"service,omitempty"` // of several, the one that it is about
	Level   operation.Level `json:"level"`
	Text    string          `json:"text"`
}

// Verdict is how an operation ended.
type Verdict struct {
	Moment
	Operation  string         `json:"operation"`
	Service    string         `json:"service"`
	Deployment string         `json:"deployment,omitempty"`
	Verdict    cluster.End    `json:"verdict"`
	Exit       int            `json:"exit"`
	Summary    string         `json:"summary"`
	Cause      *cluster.Cause `json:"cause,omitempty"`
	Hints      []string       `json:"hints,omitempty"`
	Replaced   int            `json:"replaced"`
	Failed     int            `json:"failed"`
	Peak       int            `json:"peak"`
	Lowest     int            `json:"lowest"`
	Simulated  bool           `json:"simulated"`
	Took       float64        `json:"took"`                // seconds, without the time in which the user was asked
	Predicted  *Predicted     `json:"predicted,omitempty"` // what the forecast had said; there is none where none could be made
	Report     string         `json:"report,omitempty"`    // the file that has the page of the run
	Services   []Verdict      `json:"services,omitempty"`  // of an operation on several: how each of them ended
	Counts     []Counts       `json:"counts,omitempty"`    // of a drain: the services of which Peak and Lowest are the sum

	Diagnosis *diagnosis.Diagnosis `json:"diagnosis,omitempty"` // of the service, where the operation failed or ran out of time
}

// Counts are the tasks of one service while its instances were drained.
type Counts struct {
	Service string `json:"service"` // its name
	Desired int    `json:"desired"`
	Peak    int    `json:"peak"`
	Lowest  int    `json:"lowest"` // healthy ones
}

// Predicted is how many seconds an operation was going to take.
type Predicted struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

// Problem says that the command could not be carried out. It is the document "error".
type Problem struct {
	Error string   `json:"error"`
	Hints []string `json:"hints,omitempty"`
	Exit  int      `json:"exit"`
}

func (Start) kind() string   { return "start" }
func (Event) kind() string   { return "event" }
func (Change) kind() string  { return "change" }
func (Waiting) kind() string { return "waiting" }
func (Note) kind() string    { return "note" }
func (Verdict) kind() string { return "verdict" }
func (Status) kind() string  { return "status" }
func (Problem) kind() string { return "error" }

// Encode writes a document as one line of JSON, schema and type first.
func Encode(w io.Writer, d Document) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding the document %s: %w", d.kind(), err)
	}
	_, err = fmt.Fprintf(w, `{"schema":%q,"type":%q,%s`+"\n", Schema, d.kind(), body[1:])
	return err
}

package console

import (
	"context"
	"io"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"handover/internal/timeline"
)

// Show is what an operation offers to those who watch it on a terminal.
type Show struct {
	Clock     func() time.Time   // the provider's
	Predicted *timeline.Timeline // nil: there is no prediction
	Open      func() string      // opens the page of the operation, and says where it is; nil: there is none
	Stop      func()             // the user does not want to watch any more; once more, to leave at once
	RollBack  func()             // the user wants it rolled back; nil: that cannot be done
}

// Audience is a Teller that watches while an operation runs.
type Audience interface {
	// Attend begins to show the operation. Whoever calls it calls leave before anything else is written to the terminal.
	Attend(Show) (leave func())
	// Look shows the record of the run as it is now.
	Look(timeline.Timeline)
}

// Watched tells whether a person looks on while an operation runs.
func Watched(t Teller) bool {
	switch t := t.(type) {
	case tellers:
		return slices.ContainsFunc(t, Watched)
	case *live:
		return true
	}
	return false
}

// Attend lets everybody watch who can.
func (all tellers) Attend(s Show) (leave func()) {
	var leaves []func()
	for _, t := range all {
		if a, ok := t.(Audience); ok {
			leaves = append(leaves, a.Attend(s))
		}
	}
	return func() {
		for _, leave := range leaves {
			leave()
		}
	}
}

// Look shows everybody.
func (all tellers) Look(line timeline.Timeline) {
	for _, t := range all {
		if a, ok := t.(Audience); ok {
			a.Look(line)
		}
	}
}

// live shows an operation on a terminal: a picture that is repainted in place, above which finished lines scroll up. Before and after it, it is plain. It owns the
// only goroutines of the package, those of bubbletea, from Attend to leave.
type live struct {
	s       *Streams
	plain   Teller
	program *tea.Program // nil while nothing is attended
	first   picture      // what was told before
	plans   *Plans       // the same of several services
}

func newLive(s *Streams) *live {
	return &live{s: s, plain: &plain{w: s.Err, zone: s.Zone}}
}

// Tell shows a document in the picture; what people should keep scrolls up.
func (l *live) Tell(d Document) error {
	if l.program != nil {
		l.program.Send(told{d})
		return nil
	}
	l.first = l.first.with(d)
	if plans, several := d.(Plans); several && !plans.Only {
		l.plans = &plans
	}
	return l.plain.Tell(d)
}

// Look shows the record of the run.
func (l *live) Look(line timeline.Timeline) {
	if l.program != nil {
		l.program.Send(looked{line})
	}
}

// Attend begins to repaint.
func (l *live) Attend(s Show) (leave func()) {
	if l.plans != nil {
		return l.run(l.boardModel(*l.plans, s))
	}
	m := model{show: s, picture: l.first, paper: paper{width: narrow, unicode: l.s.Unicode, paint: l.s.paint}, zone: l.s.Zone}
	m.picture.predicted = s.Predicted
	m.picture.now = s.Clock()
	m.picture.page, m.picture.rollsBack = s.Open != nil, s.RollBack != nil
	return l.run(m)
}

// run shows a model until it is left.
func (l *live) run(m tea.Model) (leave func()) {
	var keys io.Reader
	if l.s.InTTY {
		keys = l.s.In
	}
	options := []tea.ProgramOption{tea.WithContext(context.Background()), tea.WithInput(keys), tea.WithOutput(l.s.Err), tea.WithoutSignalHandler(), tea.WithFPS(20)}
	if !l.s.ErrTTY {
		options = append(options, tea.WithWindowSize(narrow, 24)) // as wide as a terminal is at least; it cannot be asked
	}
	l.program = tea.NewProgram(m, options...)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = l.program.Run() // that it cannot be shown is no reason to stop the operation; the verdict is told in any case
	}()
	return func() {
		l.program.Send(closed{})
		<-over
		l.program = nil
	}
}

// The messages: a document was told, a look was taken, the page was opened, a second went by, it is over.
type (
	told   struct{ document Document }
	looked struct{ line timeline.Timeline }
	opened struct{ where string }
	second struct{}
	closed struct{}
)

// model is the state of the view; Update changes it, and View is a function of it alone.
type model struct {
	show    Show
	picture picture
	paper   paper
	zone    *time.Location
	over    bool
}

func (m model) Init() tea.Cmd { return tick() }

func tick() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return second{} })
}

func (m model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	m.picture.now = m.show.Clock()
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		m.paper.width = message.Width
	case second:
		return m, tick()
	case told:
		m.picture = m.picture.with(message.document)
		if note, ok := message.document.(Note); ok {
			return m, tea.Println(m.noted(note))
		}
	case looked:
		var lines []tea.Cmd
		for _, t := range turns(m.picture.line, message.line, m.picture.predicted) {
			lines = append(lines, tea.Println(m.paper.cut(t.text(message.line.Begin, m.zone))))
		}
		m.picture.line = message.line
		return m, tea.Sequence(lines...)
	case opened:
		return m, tea.Println(m.paper.wrapped(message.where))
	case tea.KeyPressMsg:
		return m.pressed(message.String())
	case closed:
		m.over = true
		return m, tea.Quit
	}
	return m, nil
}

// pressed does what a key stands for. What changes something in AWS takes the key twice.
func (m model) pressed(key string) (tea.Model, tea.Cmd) {
	asked := m.picture.asking
	m.picture.asking = false
	switch key {
	case "d", "q", "ctrl+c":
		m.picture.leaving = true
		m.show.Stop()
	case "enter":
		m.picture.everything = !m.picture.everything
	case "r":
		switch {
		case m.show.RollBack == nil || m.picture.leaving || m.picture.undoing:
		case !asked:
			m.picture.asking = true
		default:
			m.picture.undoing = true
			m.show.RollBack()
		}
	case "w":
		if open := m.show.Open; open != nil {
			return m, func() tea.Msg { return opened{open()} }
		}
	}
	return m, nil
}

// noted is a note as plain progress prints it.
func (m model) noted(n Note) string {
	var line lineWriter
	_ = (&plain{w: &line, zone: m.zone}).Tell(n)
	return m.paper.cut(string(line))
}

// lineWriter keeps what is written without the line's end.
type lineWriter []byte

func (w *lineWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	if n := len(*w); n > 0 && (*w)[n-1] == '\n' {
		*w = (*w)[:n-1]
	}
	return len(p), nil
}

// View is the picture; nothing of it stays once it is over, because the summary says what is left to say.
func (m model) View() tea.View {
	if m.over {
		return tea.NewView("")
	}
	text := ""
	for _, line := range m.picture.draw(m.paper) {
		text += line + "\n"
	}
	return tea.NewView(text)
}

// with takes what a document says into the picture.
func (s picture) with(d Document) picture {
	switch d := d.(type) {
	case Start:
		s.start = d
	case Forecast:
		s.prediction = &d.Prediction
	case Waiting:
		if s.waiting == nil || s.waiting.Object != d.Object || s.waiting.Condition != d.Condition || s.waiting.Done != d.Done {
			s.waiting = &d
		}
	case Change:
		s.deployment = d.Deployment
	}
	return s
}

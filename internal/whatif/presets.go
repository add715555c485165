package whatif

import "time"

// Preset is a setting worth looking at, with two sentences that say what is to be seen.
type Preset struct {
	Name    string // as in a URL
	Title   string
	Setting Setting
	Sees    string
}

// Presets are settings from which the bounds can be understood: those of the logs of December 2020 on which the model was first checked (five tasks, a drain
// of 300 s), and those that surprise.
func Presets() []Preset {
	set := func(change func(*Setting)) Setting {
		s := Usual()
		change(&s)
		return s
	}
	return []Preset{
		{"start-first", "New ones first: 100/200", Usual(),
			"Five new tasks start beside the five old ones, and no old one goes before the new ones are healthy. Nothing is ever missing, for the price of ten tasks at once and one long drain."},
		{"stop-all", "All at once: 0/100", set(func(s *Setting) { s.Minimum, s.Maximum = 0, 100 }),
			"All five old tasks drain together, and only when they are gone do the new ones start. For half a minute and more nothing serves at all: a floor of 0 means just that."},
		{"half", "Half at a time: 50/100", set(func(s *Setting) { s.Minimum, s.Maximum = 50, 100 }),
			"Half of five is rounded up to a floor of 3, so the batches are two, two and one, each of them a whole drain long. It takes three times as long as all at once, and never more than five tasks."},
		{"half-of-ten", "Half of ten: 50/100", set(func(s *Setting) { s.Desired, s.Minimum, s.Maximum = 10, 50, 100 }),
			"Five old tasks drain first, and only when they are stopped do five new ones start; then the same again. Nothing more than usual ever runs, and for most of the time half of the service is missing."},
		{"batches-of-five", "Batches of five: 100/150, ten tasks", set(func(s *Setting) { s.Desired, s.Maximum = 10, 150 }),
			"The ceiling is 15, so five new tasks come first, then five old ones go, and then the same again. The second batch waits for the drain of the first, because a task that drains still counts toward the ceiling."},
		{"short-drain", "The same with a short drain", set(func(s *Setting) { s.Desired, s.Maximum, s.Drain = 10, 150, 30*time.Second }),
			"Nothing but the drain is different: 30 s instead of 300. Most of a slow restart is spent draining, once for each batch."},
		{"two-at-once", "Two tasks: 100/200", set(func(s *Setting) { s.Desired = 2 }),
			"Both new tasks start at once, and both old ones leave once those are healthy. With so few tasks this is the simplest way, and it takes room for four."},
		{"two-in-turn", "Two tasks in turn: 100/150", set(func(s *Setting) { s.Desired, s.Maximum = 2, 150 }),
			"There may be three tasks, so that one new one comes, one old one drains and stops, and then the same again. While an old one drains nothing else moves: it counts toward the three until it has stopped."},
		{"no-room-needed", "In the room there is: four tasks, 50/100", set(func(s *Setting) { s.Desired, s.Minimum, s.Maximum = 4, 50, 100 }),
			"Two of four are stopped first, and new ones start in the place that this frees: a deployment that needs no task more than usual. The price is that for its whole length half of the service may be missing."},
		{"recycle", "One after the other: recycle with one task more", set(func(s *Setting) { s.Method, s.Desired, s.Surge = Stop, 3, 1 }),
			"Three tasks are stopped one after the other while there is one more than usual, so that three are healthy all the time. StopTask knows no bounds: without the surge it would be two."},
		{"graceful", "One after the other, nothing cut off", set(func(s *Setting) { s.Method, s.Desired = Graceful, 3 }),
			"The count is raised by one, the old task is the only one that may go, and then ECS itself takes it: deregistered and drained before its stop signal. Every connection that ends within the drain ends well."},
		{"fast", "Fast: all stopped at once", set(func(s *Setting) { s.Method = Fast }),
			"Every task is stopped without asking the bounds, and ECS starts new ones as it notices. For some time nothing serves; it is for when what runs is worse than nothing."},
		{"no-room", "No room: 100/100", set(func(s *Setting) { s.Maximum = 100 }),
			"No task may be missing and none may be added, so no task can ever be replaced. ECS refuses to set these bounds, and Handover refuses before anything is changed."},
		{"rounded-away", "Rounded away: one task, 100/150", set(func(s *Setting) { s.Desired, s.Maximum = 1, 150 }),
			"One and a half tasks are rounded down to one, so that none may be added, and the floor of one lets none go. ECS would wait for ever; raise the maximum to 200, and it moves."},
	}
}

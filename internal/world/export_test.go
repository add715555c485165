package world

// Planned is how many things were ever put into the queue.
func (w *World) Planned() uint64 { return w.state.Planned }

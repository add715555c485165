package cluster

// Independent tells whether two neighbouring actions may go out together, in any order, and each whatever comes of the other: two StopTasks, or two
// ProtectTasks that ask for the same, of one cluster. All other actions go out one after the other.
func Independent(a, b Action) bool {
	switch a := a.(type) {
	case StopTask:
		other, ok := b.(StopTask)
		return ok && a.Cluster == other.Cluster
	case ProtectTask:
		other, ok := b.(ProtectTask)
		return ok && a.Cluster == other.Cluster && a.Protect == other.Protect && a.For == other.For
	}
	return false
}

// Runs splits actions into runs of neighbours that are Independent of each other. An action that is not independent of its neighbours is a run of its own.
func Runs(actions []Action) [][]Action {
	var runs [][]Action
	begin := 0
	for i := 1; i <= len(actions); i++ {
		if i == len(actions) || !Independent(actions[begin], actions[i]) {
			runs = append(runs, actions[begin:i])
			begin = i
		}
	}
	return runs
}

package recording

import (
	"strings"
	"testing"
	"time"
)

// fact is what the behaviour documents say of a recording that is not given as a file, or has no replay line of its own: its replay line is ours.
type fact struct {
	source string
	replay string
	rows   string // SECONDS KIND [COUNT], separated by commas
}

// facts are the figures of such recordings. A figure that was read by polling is given as the middle of what it may have been.
func facts() []fact {
	const behind, alone = " profile=fargate-2026 min=100 max=200 lb=alb drain=30 ", " profile=fargate-2026 min=100 max=200 lb=none "
	return []fact{
		{"part 2, C7 (AG2)", "action=task-exit desired=2 health=interval:10" + behind, "0 task, 10.9 deregistered 1, 20.3 draining 1, 21.1 start 1"},
		{"part 2, C4 (AG1)", "action=stop-task desired=2 from=api until=start health=interval:10" + behind, "0 api, 3.7 deregistered 1, 3.706 draining 1, 4.6 start 1"},
		{"part 2, B2 (AK1)", "action=deploy desired=0" + alone, "0 deployment_created, 87 completed, 87 steady"},
		{"part 2, B2 (AM1)", "action=deploy desired=1 from=stop until=completed" + alone, "0 stop 1, 88.9 completed"},
		{"part 2, B2 (AK2)", "action=deploy desired=1 from=stop until=completed" + alone, "0 stop 1, 79 completed"},
		{"part 2, D1 (AJ1)", "action=deploy-failing failure=image desired=1 from=start until=start breaker=rollback" + alone,
			"0 start 1, 88 unable_to_place, 119.5 start 1, 207 unable_to_place, 238.5 start 1, 326 unable_to_place, 566 start 1"},
		{"case D", "action=deploy-failing failure=start desired=1 from=deployment_created until=unable_to_place" + behind,
			"0 deployment_created, 13.2 start 1, 230.6 deployment_created, 250 stop_pending 1, 260.8 start 1, 518.7 unable_to_place, 550.2 start 1, 810.2 unable_to_place, 841.8 start 1, 1097.5 unable_to_place"},
		{"cases B1-1, B2-1", "action=deploy desired=1 from=stop until=completed" + behind, "0 stop 1, 9.9 deregistered 1, 9.906 draining 1, 71.3 completed"},
		{"case B2-2", "action=deploy desired=1 from=deregistered until=completed" + behind, "0 deregistered 1, 0.005 draining 1, 53.4 completed"},
		{"case X3", "action=deploy desired=1 from=stop until=draining" + behind, "0 stop 1, 10.1 deregistered 1, 10.104 draining 1"},
		{"part 2, A4 (AC2)", "action=deploy desired=1 from=stop until=start profile=fargate-2026 min=0 max=200 lb=alb drain=30", "0 stop 1, 0.85 start 1"},
		{"part 2, C8 (AM2)", "action=task-exit desired=1 until=start" + alone, "0 task, 21 start 1"},
		{"part 2, C9 (AJ3)", "action=unhealthy desired=1 from=hc_failed until=start_unhealthy profile=fargate-2026 min=100 max=150 lb=none", "0 hc_failed, 0 stop 1, 41 start_unhealthy 1"},
		{"part 2, C7, with checks every 30 s (A2)", "action=task-exit desired=1" + behind, "0 task, 30.76 deregistered 1, 30.77 draining 1, 31.51 start 1"},
		{"part 2, C4, of September 2026", "action=stop-task desired=1 from=api" + behind, "0 api, 38 deregistered 1, 38.01 draining 1, 38.9 start 1"},
		{"part 2, C6 (I)", "action=stop-task desired=1 from=api until=start health=container:30" + alone, "0 api, 18.9 start 1"},
		{"§3.7 (U)", "action=create desired=4 from=start until=completed profile=ec2-2026 min=100 max=200 lb=none", "0 start 1, 10.418 start 3, 20.485 completed"},
		{"creation of 2020, EC2", "action=create desired=1 from=start until=completed profile=2020 launch=ec2 min=100 max=200 lb=none", "0 start 1, 9.34 completed"},
		{"creation of 2021, Fargate", "action=create desired=1 from=start until=completed profile=2020 min=100 max=200 lb=none", "0 start 1, 31.94 completed"},
		{"creation of 2020, Fargate", "action=create desired=3 until=steady profile=2020 min=100 max=200 lb=alb", "0 deployment_created, 4 start 3, 29 registered 3, 51 steady"},
		{"creation of 2023, Fargate", "action=create desired=1" + behind, "0 deployment_created, 6.9 start 1, 35.63 registered 1"}, // completed 97.6 s after that: longer than the profile has it (Ready)
		{"part 2, B9 (AG5)", "action=unhealthy desired=2 from=start_unhealthy until=registered health=interval:10,container:30" + behind, "0 start_unhealthy 1, 59.8 registered 1"},
	}
}

// TestFacts shows each of them, in order in every seed, and with each gap within the model's spread.
func TestFacts(t *testing.T) {
	for _, f := range facts() {
		got := Compare(f.parse(t), Profile{}, seeds)
		if got.Skipped != "" || got.Ordered != got.Seeds {
			t.Errorf("%s: in order in %d of %d seeds %s", f.source, got.Ordered, got.Seeds, got.Skipped)
		}
		for _, g := range got.Gaps {
			if !g.Within() {
				t.Errorf("%s: %s → %s: recorded %.2f s, p5 %.2f, median %.2f, p95 %.2f", f.source, g.From, g.To, g.Recorded.Seconds(), g.P5.Seconds(), g.Median.Seconds(), g.P95.Seconds())
			}
		}
	}
}

func (f fact) parse(t *testing.T) Case {
	text := "# case: " + f.source + "\n# replay: " + f.replay + "\n"
	for _, row := range strings.Split(f.rows, ", ") {
		fields := append(strings.Fields(row), "0")
		at, err := time.ParseDuration(fields[0] + "s")
		if err != nil {
			t.Fatal(err)
		}
		text += strings.Join([]string{at.String(), fields[0], "0", fields[1], fields[2], "-"}, "\t") + "\n"
	}
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

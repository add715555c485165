package cli

import (
	"bufio"
	"strings"
	"testing"

	"handover/internal/cluster"
)

// begun begins a restart, and kills its process once its deployment is known.
func (k *killing) begun() {
	k.t.Helper()
	c := k.command("restart", "default/api", "--yes", "--output", "jsonl")
	out, err := c.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), `"deployment":"ecs-svc/`) {
	}
	if err := c.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}

func (k *killing) primary() cluster.Deployment {
	primary, _ := k.service().Service.Primary()
	return primary
}

// The same command again, after its process was killed, follows what that has begun, and begins nothing.
func TestTheSameCommandAgainFollowsWhatItBegan(t *testing.T) {
	k := newKilling(t)
	k.state = t.TempDir()
	k.begun()
	before := k.primary()
	if before.Rollout != cluster.RolloutInProgress {
		t.Fatalf("the restart is through before its process was killed: %+v", before)
	}
	if said, code := k.run("update", "default/api", "--task-definition", "api:1", "--yes"); code != 5 && !strings.Contains(said, "already at") {
		t.Errorf("another command: exit %d, %s", code, said)
	}
	said, code := k.run("restart", "default/api", "--yes")
	if code != 0 || !strings.Contains(said, before.ID+" is followed; --new begins another one") {
		t.Errorf("exit %d, %s", code, said)
	}
	if now := k.primary(); now.ID != before.ID {
		t.Errorf("it has begun %s", now.ID)
	}
	if said, code := k.run("restart", "default/api", "--yes"); code != 0 || strings.Contains(said, "is followed") || k.primary().ID == before.ID {
		t.Errorf("once that is through it is another restart: exit %d, %s", code, said)
	}
}

func TestNewBeginsAnotherDeployment(t *testing.T) {
	k := newKilling(t)
	k.state = t.TempDir()
	k.begun()
	before := k.primary()
	said, code := k.run("restart", "default/api", "--yes", "--new")
	if code != 0 || k.primary().ID == before.ID {
		t.Errorf("exit %d, %s", code, said)
	}
	k.state = ""
	k.begun()
	if said, code := k.run("restart", "default/api", "--yes", "--new"); code != 5 || !strings.Contains(said, "is in progress") {
		t.Errorf("what others have begun stands in the way of --new, too: exit %d, %s", code, said)
	}
}

package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"handover/internal/diagnosis"
)

func TestALogThatIsNotThereIsNoError(t *testing.T) {
	conn, err := emulate(t.Context(), Target{Command: "diagnose", Scene: seed(1e9, nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if line, err := conn.LastLine(t.Context(), "", "/ecs/api", "api/web/1"); line != "" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

func TestTheLastLineIsShownOrIsUnread(t *testing.T) {
	d := diagnosis.Diagnosis{LogSource: &diagnosis.LogSource{Group: "/ecs/api", Stream: "api/web/1", Region: "eu-west-1"}}
	says := func(line string, err error) *Connection {
		return &Connection{LastLine: func(_ context.Context, region, group, stream string) (string, error) {
			if region != "eu-west-1" || group != "/ecs/api" || stream != "api/web/1" {
				t.Errorf("asked for %s %s %s", region, group, stream)
			}
			return line, err
		}}
	}
	if got := withLog(t.Context(), says("listening on :8080\n", nil), d); got.LastLog != "listening on :8080" || len(got.Unread) > 0 {
		t.Errorf("%+v", got)
	}
	if got := withLog(t.Context(), says(strings.Repeat("ä", 1000), nil), d); len([]rune(got.LastLog)) != logWidth+1 {
		t.Errorf("%d characters", len([]rune(got.LastLog)))
	}
	if got := withLog(t.Context(), says("", errors.New("denied")), d); got.LastLog != "" || len(got.Unread) != 1 || got.Unread[0].Permission != "logs:GetLogEvents" {
		t.Errorf("%+v", got)
	}
}

func TestACommandThatIsCopiedActsWhereThisOneLooked(t *testing.T) {
	got := within(Target{Region: "eu-west-1", Profile: "prod", RoleARN: "arn:aws:iam::1:role/x"}, []diagnosis.Remedy{{Command: "handover rollback prod/api"}, {Command: "aws logs tail /ecs/api"},
		{Command: "aws logs tail /ecs/api --region us-east-1"}, {Text: "wait"}})
	want := []string{"handover rollback prod/api --region eu-west-1 --profile prod --role-arn arn:aws:iam::1:role/x", "aws logs tail /ecs/api --region eu-west-1 --profile prod",
		"aws logs tail /ecs/api --region us-east-1", ""}
	for i, r := range got {
		if r.Command != want[i] {
			t.Errorf("%q, want %q", r.Command, want[i])
		}
	}
}

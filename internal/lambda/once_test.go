package lambda_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
)

var apiKey = cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "api"}

// deliver is a message of a topic: its id, when it was sent, and what it says.
func deliver(t *testing.T, id string, sent time.Time, text string) []byte {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns",
		"Sns": map[string]string{"Type": "Notification", "MessageId": id, "Message": text, "Timestamp": sent.UTC().Format("2006-01-02T15:04:05.000Z")}}}})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// deployments counts those that the service has had.
func (c *cloud) deployments(t *testing.T) int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	view, ok := c.now().Look(cluster.ServiceScope{Service: apiKey, History: true}.Of()).Service(apiKey)
	if !ok {
		t.Fatal("the service is gone")
	}
	return len(view.History)
}

// begun counts the tasks that were ever started.
func (c *cloud) begun() (all, left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	view, _ := c.now().Look(cluster.ServiceScope{Service: apiKey, Tasks: cluster.AllTasks}.Of()).Service(apiKey)
	for _, tag := range view.Service.Tags {
		if strings.HasPrefix(tag.Key, "handover:") {
			left++
		}
	}
	return len(view.Tasks), left
}

// TestAnEventIsDoneOnce: delivered again while it is being done, it is followed; when it was done, nothing is; and nothing of it is left on the service.
func TestAnEventIsDoneOnce(t *testing.T) {
	for _, c := range []struct {
		asked             string
		deployments, made int // beside those that there are
	}{{`{"operation":"restart","service":"default/api"}`, 1, 3}, {`{"operation":"recycle","service":"default/api"}`, 0, 3}} {
		for _, later := range []time.Duration{0, time.Second, 4 * time.Second, time.Minute, 40 * time.Minute} {
			t.Run(fmt.Sprintf("%s after %s", c.asked, later), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cloud := newCloud(t, plain, function("machine", ""), 1)
					before, _ := cloud.begun()
					had := cloud.deployments(t)
					payload := deliver(t, "event-1", time.Now(), c.asked)
					cloud.async("first", payload)
					time.Sleep(later)
					cloud.async("second", payload)
					cloud.running.Wait()
					if cloud.succeeded() != 2 {
						t.Errorf("%+v", cloud.results)
					}
					if got := cloud.deployments(t) - had; got != c.deployments {
						t.Errorf("%d deployments, want %d", got, c.deployments)
					}
					if got, left := cloud.begun(); got-before > c.made || left > 0 {
						t.Errorf("%d tasks were started, want %d; %d tags are left", got-before, c.made, left)
					}
				})
			})
		}
	}
}

// TestARetryGoesOnWithWhatDied: a function that dies in the middle of an operation is tried again by Lambda; what it had begun is gone on with once its lease is over.
func TestARetryGoesOnWithWhatDied(t *testing.T) {
	for _, asked := range []string{`{"operation":"restart","service":"default/api","maxPercent":150}`, `{"operation":"restart","service":"default/api"}`, `{"operation":"recycle","service":"default/api"}`} {
		for seed := uint64(1); seed <= 8; seed++ {
			t.Run(fmt.Sprintf("%s %d", asked, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cloud := newCloud(t, plain, function("machine", ""), seed)
					had := cloud.deployments(t)
					cloud.faults.die = 1
					payload := deliver(t, "event-1", time.Now(), asked)
					_, err := cloud.invoke("first", payload) // it dies within ten seconds
					cloud.faults.die = 0
					if err == nil {
						t.Fatal("it did not die")
					}
					time.Sleep(time.Minute)
					cloud.async("first", payload)
					cloud.running.Wait()
					if cloud.succeeded() != 1 || cloud.deployments(t)-had > 1 {
						t.Errorf("%d deployments, %+v", cloud.deployments(t)-had, cloud.results)
					}
					if _, left := cloud.begun(); left > 0 {
						t.Errorf("%d tags are left", left)
					}
				})
			})
		}
	}
}

// TestAnotherEventIsRefused: it says who is at the service, and since when.
func TestAnotherEventIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t, plain, function("machine", ""), 1)
		cloud.async("first", deliver(t, "event-1", time.Now(), `{"operation":"restart","service":"default/api"}`))
		time.Sleep(30 * time.Second)
		answer, err := cloud.invoke("second", deliver(t, "event-2", time.Now(), `{"operation":"recycle","service":"default/api"}`))
		if err != nil {
			t.Fatal(err)
		}
		r := answer.Results[0]
		if r.Status != lambda.Ended || r.Verdict.End != cluster.Refused || !strings.HasPrefix(r.Text, "restart of default/api by lambda first has been under way since 20") {
			t.Errorf("%+v", r)
		}
		cloud.running.Wait()
		if cloud.succeeded() != 1 {
			t.Errorf("%+v", cloud.results)
		}
	})
}

// TestTomorrowIsAnotherEvent: the same payload, sent again when the first was done, is done again.
func TestTomorrowIsAnotherEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t, plain, function("machine", ""), 1)
		had := cloud.deployments(t)
		for day := range 2 {
			cloud.async(fmt.Sprint("day-", day), deliver(t, fmt.Sprint("event-", day), time.Now(), `{"operation":"restart","service":"default/api"}`))
			cloud.running.Wait()
			time.Sleep(24 * time.Hour)
		}
		if got := cloud.deployments(t) - had; got != 2 || cloud.succeeded() != 2 {
			t.Errorf("%d deployments, %+v", got, cloud.results)
		}
	})
}

package containers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// requestMember is the member of a service under which the request that made it is kept, as its fingerprint. It is none of ECS's.
const requestMember = "request"

// fingerprint tells requests of an operation apart by their members, but for those that are left out.
func (h *handlers) fingerprint(in any, without ...string) (string, error) {
	all, err := h.declared(in, without...)
	if err != nil {
		return "", err
	}
	text, err := all.text() // members by name
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), err
}

// createdBy tells whether a service is there that the same request made and nobody has changed: then ECS answers with it. Source: the sentence of the refusal of
// any other, "Creation of service was not idempotent.", in public reports; API Reference, CreateService.clientToken.
func createdBy(v api.View, key cluster.ServiceKey, request string, in *ecs.CreateServiceInput) (bool, error) {
	s, there := v.World.Service(key)
	if !there || s.Status != cluster.ServiceActive || s.Scheduling == cluster.Replica && s.Desired != int(api.Value(in.DesiredCount)) {
		return false, nil
	}
	has, err := kept(v.World.ServiceMembers(key))
	return string(has[requestMember]) == string(quoted(request)), err
}

// tokenType is under what the world keeps the tokens of RunTask.
const tokenType = "client-token"

// tokenLife is for how long a token is known. Source: API Reference, "Ensuring idempotency in Amazon ECS".
const tokenLife = 24 * time.Hour

// ran is what a token stands for: a request, and the tasks that it started.
type ran struct {
	Request string    `json:"request"`
	Tasks   []string  `json:"tasks"`
	At      time.Time `json:"at"`
}

func tokenARN(v api.View, inCluster, token string) string {
	return v.ARN("ecs", "client-token/"+inCluster+"/"+token)
}

// ranBefore gives the answer of a RunTask whose token was used before; nil where it was not. Another request with the token is a conflict.
func (h *handlers) ranBefore(v api.View, c world.Cluster, token *string, request string) (*ecs.RunTaskOutput, error) {
	o, there := v.World.DeclaredAt(tokenARN(v, c.Name, api.Value(token)))
	if token == nil || !there {
		return nil, nil
	}
	var before ran
	if err := json.Unmarshal(o.Members, &before); err != nil {
		return nil, fmt.Errorf("reading what a token stands for: %w", err)
	}
	if v.Now.Sub(before.At) >= tokenLife {
		return nil, nil
	}
	if before.Request != request {
		return nil, &wire.Error{Code: "ConflictException", Message: "The client token was used for a request with other parameters."} // ours
	}
	out := &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, id := range before.Tasks {
		if _, shown := v.World.Task(c.Name, id); !shown {
			continue
		}
		t, err := h.taskAt(v, c, id)
		if err != nil {
			return nil, err
		}
		out.Tasks = append(out.Tasks, t)
	}
	return out, nil
}

// remember keeps what a token stands for.
func remember(v api.View, inCluster string, token *string, request string, tasks []string) error {
	if token == nil {
		return nil
	}
	text, err := json.Marshal(ran{request, tasks, v.Now})
	if err != nil {
		return fmt.Errorf("keeping what a token stands for: %w", err)
	}
	_, err = v.Act(cluster.Declare{ARN: tokenARN(v, inCluster, *token), Type: tokenType, Name: *token, Members: text})
	return err
}

package queueing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// mostActions is how many actions a statement of a queue's policy has at most. Source: API Reference, AddPermission.
const mostActions = 7

// policy is a queue's access policy, of whose statements only the labels are read. Nobody is held to it.
type policy struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id"`
	Statement []json.RawMessage `json:"Statement"`
}

// statement is one that AddPermission makes. Source: SQS developer guide, default access control policy; a list of one is told as that one.
type statement struct {
	Label     string    `json:"Sid"`
	Effect    string    `json:"Effect"`
	Principal principal `json:"Principal"`
	Action    any       `json:"Action"`
	Resource  string    `json:"Resource"`
}

type principal struct {
	AWS any `json:"AWS"`
}

func (p policy) at(label string) int {
	return slices.IndexFunc(p.Statement, func(text json.RawMessage) bool {
		var known struct{ Sid string }
		return json.Unmarshal(text, &known) == nil && known.Sid == label
	})
}

// policyOf reads the policy of a queue; one that has none gets its usual name.
func policyOf(q cluster.Queue) (p policy, err error) {
	p = policy{Version: "2012-10-17", ID: q.ARN + "/SQSDefaultPolicy"}
	if text := q.Attributes[string(types.QueueAttributeNamePolicy)]; text != "" {
		err = json.Unmarshal([]byte(text), &p)
	}
	return p, err
}

// setPolicy gives a queue another policy; one without statements takes it away.
func setPolicy(v api.View, q cluster.Queue, p policy) error {
	text := ""
	if len(p.Statement) > 0 {
		made, err := json.Marshal(p)
		if err != nil {
			return err
		}
		text = string(made)
	}
	changed, err := declared(q, map[string]string{string(types.QueueAttributeNamePolicy): text})
	if err != nil {
		return err
	}
	_, err = v.Act(cluster.PutQueue{Queue: changed})
	return err
}

// one is the only member of a list, or else the list.
func one(all []string) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// grantable are the actions that somebody else may be allowed. Source: API Reference, AddPermission.Actions.
func grantable() []string {
	return []string{"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"}
}

// checkGrant. The words are those of public reports.
func checkGrant(in *sqs.AddPermissionInput) error {
	switch {
	case len(in.Actions) == 0:
		return missingParameter("Actions")
	case len(in.AWSAccountIds) == 0:
		return refused("InvalidParameterValue", "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.")
	}
	for _, action := range in.Actions {
		if !slices.Contains(grantable(), action) {
			return refused("InvalidParameterValue", "Value SQS:%s for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.", action)
		}
	}
	if len(in.Actions) > mostActions {
		return &wire.Error{Code: "OverLimit", Message: fmt.Sprintf("%d Actions were found, maximum allowed is %d.", len(in.Actions), mostActions), Status: http.StatusForbidden}
	}
	return nil
}

// granted finds a queue by its address, and what it grants.
func granted(v api.View, address *string) (q cluster.Queue, p policy, err error) {
	if q, err = queue(v, address); err != nil {
		return q, p, err
	}
	p, err = policyOf(q)
	return q, p, err
}

func (h *handlers) addPermission(ctx context.Context, in *sqs.AddPermissionInput) (*sqs.AddPermissionOutput, error) {
	if api.Value(in.Label) == "" {
		return nil, missingParameter("Label")
	}
	if err := checkGrant(in); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.AddPermissionOutput, error) {
		q, p, err := granted(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		if p.at(*in.Label) >= 0 {
			return nil, refused("InvalidParameterValue", "Value %s for parameter Label is invalid. Reason: Already exists.", *in.Label)
		}
		accounts, actions := []string{}, []string{}
		for _, id := range in.AWSAccountIds {
			account := v.Place
			account.Service, account.Region, account.Account, account.Resource = "iam", "", id, "root"
			accounts = append(accounts, account.String())
		}
		for _, action := range in.Actions {
			actions = append(actions, "SQS:"+action)
		}
		text, err := json.Marshal(statement{*in.Label, "Allow", principal{one(accounts)}, one(actions), q.ARN})
		if err != nil {
			return nil, err
		}
		p.Statement = append(p.Statement, text)
		return &sqs.AddPermissionOutput{}, setPolicy(v, q, p)
	})
}

func (h *handlers) removePermission(ctx context.Context, in *sqs.RemovePermissionInput) (*sqs.RemovePermissionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.RemovePermissionOutput, error) {
		q, p, err := granted(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		at := p.at(api.Value(in.Label))
		if at < 0 {
			return nil, refused("InvalidParameterValue", "Value %s for parameter Label is invalid. Reason: can't find label on existing policy.", api.Value(in.Label))
		}
		p.Statement = slices.Delete(p.Statement, at, at+1)
		return &sqs.RemovePermissionOutput{}, setPolicy(v, q, p)
	})
}

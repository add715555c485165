package notifying

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// grantable are the actions that a statement of a topic's policy may allow. Source: SNS developer guide, sns-access-policy-language-api-permissions-reference.
func grantable() []string {
	return []string{"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive"}
}

// accessPolicy is a topic's policy, of whose statements only the labels are read. Only functions and rules are held to it, by what they are granted.
type accessPolicy struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id"`
	Statement []json.RawMessage `json:"Statement"`
}

func (p accessPolicy) at(label string) int {
	return slices.IndexFunc(p.Statement, func(text json.RawMessage) bool {
		var known struct{ Sid string }
		return json.Unmarshal(text, &known) == nil && known.Sid == label
	})
}

// statement is one that AddPermission makes; a list of one is told as that one.
type statement struct {
	Label     string `json:"Sid"`
	Effect    string `json:"Effect"`
	Principal struct {
		AWS any `json:"AWS"`
	} `json:"Principal"`
	Action   any    `json:"Action"`
	Resource string `json:"Resource"`
}

// oneOrAll is a list as policies have it.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// withPolicy lets change alter the policy of a topic.
func (h *handlers) withPolicy(ctx context.Context, arn *string, change func(v api.View, of cluster.Topic, p *accessPolicy) error) error {
	return h.worlds.Use(ctx, func(v api.View) error {
		of, err := topic(v, arn)
		if err != nil {
			return err
		}
		text := of.Attributes["Policy"]
		if text == "" {
			text = policy(v, of.ARN)
		}
		var p accessPolicy
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return invalid("Policy Error: null") // what SetTopicAttributes took is no policy
		}
		if err := change(v, of, &p); err != nil {
			return err
		}
		changed, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("writing the policy of %s: %w", of.ARN, err)
		}
		if of.Attributes = maps.Clone(of.Attributes); of.Attributes == nil {
			of.Attributes = map[string]string{}
		}
		of.Attributes["Policy"] = string(changed)
		_, err = v.Act(cluster.PutTopic{Topic: of})
		return err
	})
}

// addPermission adds a statement to the policy of a topic. The words are those of public reports. Source: API Reference, AddPermission.
func (h *handlers) addPermission(ctx context.Context, in *sns.AddPermissionInput) (*sns.AddPermissionOutput, error) {
	var actions []string
	for _, name := range in.ActionName {
		if !slices.Contains(grantable(), name) {
			return nil, invalid("Policy statement action out of service scope!")
		}
		actions = append(actions, "SNS:"+name)
	}
	if api.Value(in.Label) == "" || len(actions) == 0 || len(in.AWSAccountId) == 0 {
		return nil, invalid("Label, AWSAccountId and ActionName are required")
	}
	return &sns.AddPermissionOutput{}, h.withPolicy(ctx, in.TopicArn, func(v api.View, of cluster.Topic, p *accessPolicy) error {
		if p.at(*in.Label) >= 0 {
			return invalid("Statement already exists")
		}
		made := statement{Label: *in.Label, Effect: "Allow", Action: oneOrAll(actions), Resource: of.ARN}
		var accounts []string
		for _, id := range in.AWSAccountId {
			accounts = append(accounts, "arn:"+v.Place.Partition+":iam::"+id+":root")
		}
		made.Principal.AWS = oneOrAll(accounts)
		text, err := json.Marshal(made)
		if err != nil {
			return fmt.Errorf("writing a statement of %s: %w", of.ARN, err)
		}
		p.Statement = append(p.Statement, text)
		return nil
	})
}

// removePermission removes a statement; a label that is not there is no error.
func (h *handlers) removePermission(ctx context.Context, in *sns.RemovePermissionInput) (*sns.RemovePermissionOutput, error) {
	return &sns.RemovePermissionOutput{}, h.withPolicy(ctx, in.TopicArn, func(_ api.View, _ cluster.Topic, p *accessPolicy) error {
		if at := p.at(api.Value(in.Label)); at >= 0 {
			p.Statement = slices.Delete(p.Statement, at, at+1)
		}
		return nil
	})
}

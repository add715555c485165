// Package identity is the API of AWS STS as far as clients need it to find out who they are and to try roles. Nothing is checked, and every credential that
// is handed out says of itself that it is not real.
package identity

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// temporaryKey is the access key id of every session. Like AWS's it starts with ASIA, by which callerIdentity tells a role from a user.
const temporaryKey = "ASIAEMULATEDNOTREAL0"

type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("AWS Security Token Service", wire.Description{
		Name: "sts", Version: "2011-06-15", Protocol: wire.AWSQuery,
		Namespace:   "https://sts.amazonaws.com/doc/2011-06-15/",
		Names:       map[string]string{"PolicyDescriptorType.Arn": "arn"},
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.getCallerIdentity)
	api.Offer(s, h.getSessionToken)
	api.Offer(s, h.assumeRole)
	lack(s)
	return s
}

func invalid(text string) error { return &wire.Error{Code: "ValidationError", Message: text} }

func (h *handlers) getCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	assumed := wire.CallFrom(ctx).AccessKeyID == temporaryKey
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetCallerIdentityOutput, error) {
		id, arn := "AIDAEMULATEDNOTREAL00", v.Caller()
		if assumed {
			id, arn = "AROAEMULATEDNOTREAL00:session", v.Global("sts", "assumed-role/emulated/session")
		}
		return &sts.GetCallerIdentityOutput{Account: &v.Place.Account, Arn: &arn, UserId: &id}, nil
	})
}

func (h *handlers) getSessionToken(ctx context.Context, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	lasting, err := duration(in.DurationSeconds, 12*time.Hour, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetSessionTokenOutput, error) {
		return &sts.GetSessionTokenOutput{Credentials: credentials(v.Now.Add(lasting))}, nil
	})
}

func (h *handlers) assumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if in.RoleArn == nil || in.RoleSessionName == nil || len(*in.RoleSessionName) < 2 {
		return nil, invalid("RoleArn and a RoleSessionName of at least 2 characters are required.")
	}
	role, err := cluster.ParseARN(*in.RoleArn)
	name, isRole := strings.CutPrefix(role.Resource, "role/")
	if err != nil || role.Service != "iam" || !isRole {
		return nil, invalid(*in.RoleArn + " is invalid")
	}
	lasting, err := duration(in.DurationSeconds, time.Hour, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.AssumeRoleOutput, error) {
		name = name[strings.LastIndexByte(name, '/')+1:] // the path is not part of a session's ARN
		session := role
		session.Service, session.Resource = "sts", "assumed-role/"+name+"/"+*in.RoleSessionName
		arn, id := session.String(), "AROAEMULATEDNOTREAL00:"+*in.RoleSessionName
		return &sts.AssumeRoleOutput{
			Credentials:     credentials(v.Now.Add(lasting)),
			AssumedRoleUser: &types.AssumedRoleUser{Arn: &arn, AssumedRoleId: &id},
		}, nil
	})
}

func credentials(until time.Time) *types.Credentials {
	key, secret, token := temporaryKey, "emulated-secret-which-is-not-real-at-all", "emulated-session-token-which-is-not-real"
	return &types.Credentials{AccessKeyId: &key, SecretAccessKey: &secret, SessionToken: &token, Expiration: &until}
}

// duration: 15 minutes is the least. Source: API Reference, AssumeRole.DurationSeconds and GetSessionToken.DurationSeconds.
func duration(given *int32, otherwise, most time.Duration) (time.Duration, error) {
	if given == nil {
		return otherwise, nil
	}
	d := time.Duration(*given) * time.Second
	if d < 15*time.Minute || d > most {
		return 0, invalid("The requested DurationSeconds is out of range.")
	}
	return d, nil
}

// Package identity is the API of AWS STS as far as clients need it to find out who they are and to try roles. Nothing is checked, and every credential that
// is handed out says of itself that it is not real.
package identity

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// temporaryKey is the access key id of every session. Like AWS's it starts with ASIA.
const temporaryKey = "ASIAEMULATEDNOTREAL0"

// tokenPrefix begins every session token. Who the session is follows, so that a caller who uses it can be told in every Region, and nothing need be kept.
const tokenPrefix = "emulated-session-token-which-is-not-real:"

// user is the id of the user who calls with credentials that are not temporary.
const user = "AIDAEMULATEDNOTREAL00"

type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("AWS Security Token Service", wire.Description{
		Name: "sts", Version: "2011-06-15", Protocol: wire.AWSQuery,
		Namespace:   "https://sts.amazonaws.com/doc/2011-06-15/",
		Names:       map[string]string{"PolicyDescriptorType.Arn": "arn"},
		Anonymous:   []string{"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.getCallerIdentity)
	api.Offer(s, h.getSessionToken)
	api.Offer(s, h.assumeRole)
	api.Offer(s, h.assumeRoleWithWebIdentity)
	api.Offer(s, h.assumeRoleWithSAML)
	api.Offer(s, h.getFederationToken)
	api.Offer(s, h.getAccessKeyInfo)
	lack(s)
	return s
}

func invalid(text string) error { return &wire.Error{Code: "ValidationError", Message: text} }

func (h *handlers) getCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	session, is := sessionOf(wire.CallFrom(ctx).SessionToken)
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetCallerIdentityOutput, error) {
		if !is {
			return &sts.GetCallerIdentityOutput{Account: &v.Place.Account, Arn: api.Some(v.Caller()), UserId: api.Some(user)}, nil
		}
		arn, err := cluster.ParseARN(session.ARN)
		return &sts.GetCallerIdentityOutput{Account: &arn.Account, Arn: &session.ARN, UserId: &session.ID}, err
	})
}

// session is whose temporary credentials are.
type session struct {
	ARN string `json:"arn"`
	ID  string `json:"id"`
}

// sessionOf reads a session token of ours.
func sessionOf(token string) (found session, ok bool) {
	text, ours := strings.CutPrefix(token, tokenPrefix)
	plain, err := base64.RawURLEncoding.DecodeString(text)
	return found, ours && err == nil && json.Unmarshal(plain, &found) == nil && cluster.IsARN(found.ARN)
}

func (s session) credentials(until time.Time) (*types.Credentials, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing a session token: %w", err)
	}
	key, secret, token := temporaryKey, "emulated-secret-which-is-not-real-at-all", tokenPrefix+base64.RawURLEncoding.EncodeToString(text)
	return &types.Credentials{AccessKeyId: &key, SecretAccessKey: &secret, SessionToken: &token, Expiration: &until}, nil
}

func (h *handlers) getSessionToken(ctx context.Context, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	lasting, err := duration(in.DurationSeconds, 12*time.Hour, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetSessionTokenOutput, error) {
		c, err := session{v.Caller(), user}.credentials(v.Now.Add(lasting))
		return &sts.GetSessionTokenOutput{Credentials: c}, err
	})
}

// sessionForm is the form of a session's name. Source: API Reference, AssumeRole.RoleSessionName.
var sessionForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

func checkSession(name string) error {
	must := ""
	switch {
	case len(name) > 64:
		must = "have length less than or equal to 64"
	case len(name) < 2:
		must = "have length greater than or equal to 2"
	case !sessionForm.MatchString(name):
		must = "satisfy regular expression pattern: [\\w+=,.@-]*"
	default:
		return nil
	}
	return invalid("1 validation error detected: Value '" + name + "' at 'roleSessionName' failed to satisfy constraint: Member must " + must)
}

// checkTags of a session. The sentences are those of runs against AWS that LocalStack's tests record.
func checkTags(tags []types.Tag, transitive []string) error {
	keys := map[string]bool{}
	for _, t := range tags {
		key := strings.ToLower(api.Value(t.Key))
		if keys[key] {
			return &wire.Error{Code: "InvalidParameterValue", Message: "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		}
		keys[key] = true
	}
	for _, key := range transitive {
		if !keys[strings.ToLower(key)] {
			return &wire.Error{Code: "InvalidParameterValue", Message: "The specified transitive tag key must be included in the requested tags."}
		}
	}
	return nil
}

// assumed is the session of a role. The path of the role is not part of it.
func assumed(role, name *string) (session, error) {
	if role == nil || name == nil {
		return session{}, invalid("RoleArn and RoleSessionName are required.")
	}
	if err := checkSession(*name); err != nil {
		return session{}, err
	}
	arn, err := cluster.ParseARN(*role)
	path, isRole := strings.CutPrefix(arn.Resource, "role/")
	if err != nil || arn.Service != "iam" || !isRole {
		return session{}, invalid(*role + " is invalid")
	}
	arn.Service, arn.Resource = "sts", "assumed-role/"+path[strings.LastIndexByte(path, '/')+1:]+"/"+*name
	return session{arn.String(), "AROAEMULATEDNOTREAL00:" + *name}, nil
}

func (h *handlers) assumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	as, err := assumed(in.RoleArn, in.RoleSessionName)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags, in.TransitiveTagKeys); err != nil {
		return nil, err
	}
	lasting, err := duration(in.DurationSeconds, time.Hour, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.AssumeRoleOutput, error) {
		c, err := as.credentials(v.Now.Add(lasting))
		return &sts.AssumeRoleOutput{Credentials: c, AssumedRoleUser: &types.AssumedRoleUser{Arn: &as.ARN, AssumedRoleId: &as.ID}, SourceIdentity: in.SourceIdentity}, err
	})
}

// assumeRoleWithWebIdentity believes whatever token it is given, and tells what is in it.
func (h *handlers) assumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	as, err := assumed(in.RoleArn, in.RoleSessionName)
	if err != nil {
		return nil, err
	}
	if len(api.Value(in.WebIdentityToken)) < 4 { // Source: API Reference, AssumeRoleWithWebIdentity.WebIdentityToken
		return nil, invalid("1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4")
	}
	lasting, err := duration(in.DurationSeconds, time.Hour, 12*time.Hour)
	if err != nil {
		return nil, err
	}
	said := claimsOf(*in.WebIdentityToken)
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		c, err := as.credentials(v.Now.Add(lasting))
		return &sts.AssumeRoleWithWebIdentityOutput{
			Credentials: c, AssumedRoleUser: &types.AssumedRoleUser{Arn: &as.ARN, AssumedRoleId: &as.ID}, SubjectFromWebIdentityToken: api.Some(said.Subject),
			Audience: api.Some(said.Audience), Provider: api.Some(cmp.Or(api.Value(in.ProviderId), said.Issuer)),
		}, err
	})
}

// claims are what a web identity token says of its bearer.
type claims struct {
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
}

// claimsOf reads a JSON Web Token; what is none says nothing.
func claimsOf(token string) (said claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &said) != nil {
		return claims{}
	}
	return said
}

func (h *handlers) getFederationToken(ctx context.Context, in *sts.GetFederationTokenInput) (*sts.GetFederationTokenOutput, error) {
	name := api.Value(in.Name)
	if !sessionForm.MatchString(name) || len(name) > 32 { // Source: API Reference, GetFederationToken.Name
		return nil, invalid("1 validation error detected: Value '" + name + "' at 'name' failed to satisfy constraint: Member must have length from 2 to 32")
	}
	if len(api.Value(in.Policy)) > 2048 {
		return nil, invalid("1 validation error detected: Value '" + *in.Policy + "' at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048")
	}
	lasting, err := duration(in.DurationSeconds, 12*time.Hour, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetFederationTokenOutput, error) {
		as := session{v.Global("sts", "federated-user/"+name), v.Place.Account + ":" + name}
		c, err := as.credentials(v.Now.Add(lasting))
		return &sts.GetFederationTokenOutput{Credentials: c, FederatedUser: &types.FederatedUser{Arn: &as.ARN, FederatedUserId: &as.ID}}, err
	})
}

func (h *handlers) getAccessKeyInfo(ctx context.Context, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	if n := len(api.Value(in.AccessKeyId)); n < 16 || n > 128 { // Source: API Reference, GetAccessKeyInfo.AccessKeyId
		return nil, invalid("1 validation error detected: Value at 'accessKeyId' failed to satisfy constraint: Member must have length from 16 to 128")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sts.GetAccessKeyInfoOutput, error) {
		return &sts.GetAccessKeyInfoOutput{Account: &v.Place.Account}, nil
	})
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

package amazon

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"handover/internal/cluster"
)

// Options say which account and Region to work on, and as whom. The zero Options take all that from the environment, as the AWS CLI does.
type Options struct {
	Region      string // empty: AWS_REGION, the profile, or the instance's own
	Profile     string // of ~/.aws/config; empty: AWS_PROFILE, or "default"
	RoleARN     string // a role to assume with the credentials found
	EndpointURL string // one endpoint for every service, for an emulator; empty: AWS's, or AWS_ENDPOINT_URL…

	// Credentials take the place of the default chain. With them and a Region, neither the environment nor any file is read.
	Credentials *Static
	// Transport takes the place of the network; Into makes one of a handler.
	Transport http.RoundTripper
	// Clock takes the place of the wall clock and of following AWS's time. Calls are then not paced unless Share is set.
	Clock Clock

	Version   string // of this tool, for the User-Agent that CloudTrail keeps
	Operation string // what the calls are made for, likewise: restart, recycle, …

	Observer Observer // optional: is told of each attempt of each call
	// Share is how much of the rate that AWS grants to an account may be taken: 0.8 unless set; negative: calls are not paced.
	Share float64
	// Interrupted ends one Sleep early for each value received. A closed channel counts as one value.
	Interrupted <-chan struct{}
}

// Account is one account and Region, reached as one caller.
type Account struct {
	Caller Caller
	Region string

	ecs     *ecs.Client
	elb     *elb.Client
	scaling *applicationautoscaling.Client
	clock   Clock
	few     few

	// What other clients are made of: see NewMessenger.
	options Options
	config  aws.Config
	client  aws.HTTPClient
}

// Emulated tells whether the other side has shown itself to be an emulator whose world's time it tells.
func (a *Account) Emulated() bool {
	followed, ok := a.clock.(*followed)
	return ok && followed.emulates()
}

// Caller is who AWS takes us for.
type Caller struct {
	Account   string `json:"account"`
	ARN       string `json:"arn"` // for an assumed role: arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION
	Partition string `json:"partition"`
}

// Name is the caller for people: what follows the account in the ARN, such as user/alice or assumed-role/deploy/alice.
func (c Caller) Name() string {
	arn, err := cluster.ParseARN(c.ARN)
	if err != nil {
		return c.ARN
	}
	return arn.Resource
}

// Open finds configuration and credentials, and asks AWS who we are. Every error is an *Error, and nothing has been changed when one is returned.
func Open(ctx context.Context, o Options) (*Account, error) {
	cfg, err := configure(ctx, o)
	if err != nil {
		return nil, err
	}
	clock, followed := o.clock()
	client := newClient(o, cfg, clock, followed)
	cfg.Credentials = aws.NewCredentialsCache(checkedCredentials{cfg.Credentials})
	if o.RoleARN != "" {
		cfg.Credentials = o.assumeRole(cfg, client)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, explainCredentials(err, o)
	}
	caller, err := identify(ctx, o.sts(cfg, client))
	if err != nil {
		return nil, explainCall(err, o, cfg.Region)
	}
	return &Account{Caller: caller, Region: cfg.Region, clock: clock, options: o, config: cfg, client: client, few: o.few(cfg, client),
		ecs: ecs.NewFromConfig(cfg, func(s *ecs.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
		}),
		elb: elb.NewFromConfig(cfg, func(s *elb.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
		}),
		scaling: applicationautoscaling.NewFromConfig(cfg, func(s *applicationautoscaling.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint = client, reads(), o.endpoint(s.BaseEndpoint)
		}),
	}, nil
}

// endpoint lets --endpoint-url win over what the SDK found in the environment and the profile.
func (o Options) endpoint(found *string) *string {
	if o.EndpointURL != "" {
		return aws.String(o.EndpointURL)
	}
	return found
}

// otherTime tells whether the other side's time may have nothing to do with ours. The SDK would take that for a wrong local clock, and an AccessDenied
// for a signature made at the wrong time, and try again.
func (o Options) otherTime() bool { return o.Clock != nil || o.EndpointURL != "" }

// sts is the client of STS, which is asked first, with people waiting.
func (o Options) sts(cfg aws.Config, client aws.HTTPClient) *sts.Client {
	return sts.NewFromConfig(cfg, func(s *sts.Options) {
		s.HTTPClient, s.BaseEndpoint, s.DisableClockSkewCorrection = client, o.endpoint(s.BaseEndpoint), o.otherTime()
		s.Retryer = soon{retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = 3 })}
	})
}

func identify(ctx context.Context, client *sts.Client) (Caller, error) {
	answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, err
	}
	arn, err := cluster.ParseARN(aws.ToString(answer.Arn))
	if err != nil {
		return Caller{}, err
	}
	return Caller{Account: aws.ToString(answer.Account), ARN: arn.String(), Partition: arn.Partition}, nil
}

// Provider makes a provider with empty caches. Providers of one Account share its connections, its clock and its share of AWS's rates.
func (a *Account) Provider() *Provider {
	return &Provider{account: a, mutate: mutations(), definitions: newKept[cluster.TaskDefinition](), groups: newKept[cluster.TargetGroup](), instances: newKept[string](),
		clusters: newKept[string](), revisionsRead: newKept[cluster.ServiceRevision]()}
}

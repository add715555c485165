package amazon

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"handover/internal/cluster"
)

// metadataPatience bounds one question to the instance's metadata. An instance answers within milliseconds. On any other machine nobody does, and the SDK's own
// bounds (5 s an attempt, 3 attempts) would let people wait for a quarter of a minute to learn that there are no credentials.
const metadataPatience = 2 * time.Second

// Static is a fixed set of credentials. It does not print what it holds.
type Static struct{ id, secret, token string }

// NewStatic makes credentials, for an emulator as a rule; token may be empty.
func NewStatic(id, secret, token string) *Static { return &Static{id, secret, token} }

// String hides everything.
func (s *Static) String() string { return "(credentials)" }

// GoString hides everything.
func (s *Static) GoString() string { return s.String() }

// configure finds Region and credentials, but asks nobody for the latter yet.
func configure(ctx context.Context, o Options) (aws.Config, error) {
	if err := o.check(); err != nil {
		return aws.Config{}, err
	}
	if o.Credentials != nil && o.Region != "" {
		return aws.Config{Region: o.Region, Credentials: o.Credentials.provider(), APIOptions: o.userAgent()}, nil
	}
	metadata := &boundedMetadata{patience: metadataPatience}
	cfg, err := config.LoadDefaultConfig(ctx, o.load(metadata)...)
	if err != nil {
		return aws.Config{}, explainConfiguration(err, o)
	}
	metadata.client = imds.NewFromConfig(cfg, func(m *imds.Options) { m.Retryer = retry.AddWithMaxAttempts(retry.NewStandard(), 1) })
	if cfg.Region == "" {
		cfg.Region = metadata.region(ctx)
	}
	if cfg.Region == "" {
		return aws.Config{}, noRegion()
	}
	return cfg, nil
}

// check finds what can be seen to be wrong without asking anybody.
func (o Options) check() error {
	if o.EndpointURL != "" {
		at, err := url.Parse(o.EndpointURL)
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return &Error{Text: "--endpoint-url is not the URL of an endpoint", Usage: true, Hints: []string{"for example --endpoint-url http://127.0.0.1:4566"}}
		}
		if at.User != nil { // it would be shown, and could not be sent: requests are signed in its place
			return &Error{Text: "--endpoint-url may not hold a user or a password", Usage: true}
		}
	}
	if o.RoleARN != "" {
		if arn, err := cluster.ParseARN(o.RoleARN); err != nil || arn.Service != "iam" {
			return &Error{Text: "--role-arn is not the ARN of a role", Usage: true, Cause: err, Hints: []string{"it has the form arn:PARTITION:iam::ACCOUNT:role/NAME"}}
		}
	}
	return nil
}

func (o Options) load(metadata *boundedMetadata) []func(*config.LoadOptions) error {
	load := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // or the SDK writes warnings to standard error
		config.WithAPIOptions(o.userAgent()),
		config.WithEC2RoleCredentialOptions(func(role *ec2rolecreds.Options) { role.Client = metadata }),
	}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(o.Credentials.provider()))
	}
	return load
}

// userAgent makes CloudTrail show what acted and for which operation: "… handover/1.4.0 handover-operation/restart".
func (o Options) userAgent() []func(*middleware.Stack) error {
	version := o.Version
	if version == "" {
		version = "dev"
	}
	agent := []func(*middleware.Stack) error{awsmiddleware.AddUserAgentKeyValue("handover", version)}
	if o.Operation != "" {
		agent = append(agent, awsmiddleware.AddUserAgentKeyValue("handover-operation", o.Operation))
	}
	return agent
}

func (s *Static) provider() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(s.id, s.secret, s.token)
}

// assumeRole takes on the role with the credentials found so far. The session is named after this tool, for CloudTrail and for Caller.
func (o Options) assumeRole(cfg aws.Config, client aws.HTTPClient) aws.CredentialsProvider {
	role := stscreds.NewAssumeRoleProvider(o.sts(cfg, client), o.RoleARN, func(a *stscreds.AssumeRoleOptions) { a.RoleSessionName = "handover" })
	return aws.NewCredentialsCache(checkedCredentials{role})
}

// checkedCredentials mark a failure to get credentials as one, since the SDK hands it on as a text among others. Such a request was never sent.
type checkedCredentials struct{ aws.CredentialsProvider }

func (c checkedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if c.CredentialsProvider == nil {
		return aws.Credentials{}, &credentialsError{errNoProvider}
	}
	found, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, &credentialsError{err}
	}
	return found, nil
}

var errNoProvider = errors.New("there is no provider of credentials")

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "getting credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// boundedMetadata is the instance's metadata, which must not keep anyone waiting. The client is set once the configuration is there, which
// wants to know of its user before.
type boundedMetadata struct {
	client   *imds.Client
	patience time.Duration
}

// GetMetadata gives up when patience ends.
func (m *boundedMetadata) GetMetadata(ctx context.Context, in *imds.GetMetadataInput, options ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, m.patience)
	defer cancel()
	return m.client.GetMetadata(ctx, in, options...)
}

// region is that of the instance; empty where this is none.
func (m *boundedMetadata) region(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, m.patience)
	defer cancel()
	answer, err := m.client.GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return ""
	}
	return answer.Region
}

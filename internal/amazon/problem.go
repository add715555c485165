package amazon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"handover/internal/cluster"
)

// Error is why an account could not be opened, for people.
type Error struct {
	Text  string   // one sentence, lower case, without a final stop
	Hints []string // what to do about it, each a sentence or a command
	// Usage tells that the command line or the configuration has to be changed, so that the process ends with cluster.ExitUsage. It is false where AWS
	// or the network is at fault.
	Usage bool
	Cause error // what the SDK said, where it said anything; holds no secret
}

// Error gives the sentence, and the cause where there is one.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

const loginHint = "see who AWS takes you for with: aws sts get-caller-identity"

func explainConfiguration(err error, o Options) error {
	var unknown config.SharedConfigProfileNotExistError
	var broken config.SharedConfigLoadError
	var needsToken config.AssumeRoleTokenProviderNotSetError
	switch {
	case errors.As(err, &unknown):
		return &Error{Text: fmt.Sprintf("there is no profile %q", unknown.Profile), Usage: true,
			Hints: []string{"list the profiles with: aws configure list-profiles", "the profile is taken from --profile or AWS_PROFILE"}}
	case errors.As(err, &needsToken):
		return &Error{Text: "the profile asks for a one-time code (mfa_serial), which this tool does not ask for", Usage: true,
			Hints: []string{`get credentials first with: eval "$(aws configure export-credentials --format env)"`}}
	case errors.As(err, &broken):
		return &Error{Text: "the AWS configuration file " + broken.Filename + " cannot be read", Usage: true, Cause: broken.Err}
	}
	return &Error{Text: "the AWS configuration cannot be read" + o.ofProfile(), Usage: true, Cause: err}
}

func (o Options) ofProfile() string {
	if o.Profile == "" {
		return ""
	}
	return fmt.Sprintf(" (profile %q)", o.Profile)
}

func noRegion() error {
	return &Error{Text: "no AWS Region is set", Usage: true, Hints: []string{"name one with --region, or set AWS_REGION", "or set it for the profile with: aws configure set region REGION"}}
}

// explainCredentials tells apart why there are no credentials. The default chain asks the instance's metadata last, and only where nothing else
// is configured, so an error from there means that there are none.
func explainCredentials(err error, o Options) error {
	var login *ssocreds.InvalidTokenError
	var api *cluster.APIError
	switch {
	case errors.Is(err, context.Canceled):
		return &Error{Text: "stopped while looking for AWS credentials", Cause: err}
	case errors.As(err, &login):
		command := "aws sso login"
		if o.Profile != "" {
			command += " --profile " + o.Profile
		}
		return &Error{Text: "the AWS login has expired" + o.ofProfile(), Usage: true, Hints: []string{"log in again with: " + command}}
	case strings.Contains(err.Error(), "IMDS"), errors.Is(err, errNoProvider):
		return &Error{Text: "there are no AWS credentials", Usage: true, Hints: []string{"log in with: aws sso login --profile PROFILE, and name it with --profile or AWS_PROFILE",
			"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "looked for in the environment, ~/.aws, the container and the instance"}}
	case o.RoleARN != "":
		api = classify(err)
		return &Error{Text: "the role " + o.RoleARN + " cannot be assumed", Usage: api.Class != cluster.ClassUnavailable, Cause: inWords(api),
			Hints: []string{"the role's trust policy must allow your caller sts:AssumeRole", loginHint}}
	}
	return &Error{Text: "the AWS credentials cannot be had" + o.ofProfile(), Usage: true, Cause: withoutWrapping(err), Hints: []string{loginHint}}
}

func withoutWrapping(err error) error {
	var failed *credentialsError
	if errors.As(err, &failed) {
		return failed.err
	}
	return err
}

// explainCall tells why AWS did not say who we are.
func explainCall(err error, o Options, region string) error {
	api := classify(err)
	var lookup *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return &Error{Text: "stopped while asking AWS who we are", Cause: err}
	case strings.HasPrefix(api.Code, "ExpiredToken"):
		return &Error{Text: "the AWS credentials have expired", Usage: true, Cause: inWords(api),
			Hints: []string{"log in again, with: aws sso login", "if AWS_SESSION_TOKEN is set in the environment, set it anew or unset it"}}
	case api.Class == cluster.ClassDenied:
		return &Error{Text: "AWS does not accept the credentials", Usage: true, Cause: inWords(api), Hints: []string{loginHint, "check that the clock of this machine is right"}}
	case o.EndpointURL != "" && api.Class == cluster.ClassUnavailable:
		return &Error{Text: "the endpoint " + o.EndpointURL + " cannot be reached", Usage: true, Cause: inWords(api), Hints: []string{"is the emulator running there?"}}
	case errors.As(err, &lookup):
		return &Error{Text: fmt.Sprintf("the AWS endpoint of Region %q cannot be found", region), Usage: true, Cause: inWords(api),
			Hints: []string{"check the spelling of the Region (--region or AWS_REGION)", "check the network and HTTPS_PROXY"}}
	case api.Class == cluster.ClassUnavailable:
		return &Error{Text: fmt.Sprintf("AWS cannot be reached in Region %q", region), Cause: inWords(api), Hints: []string{"check the network and HTTPS_PROXY"}}
	}
	return &Error{Text: "AWS does not say who we are", Cause: inWords(api), Hints: []string{loginHint}}
}

// inWords leaves out a code that is not AWS's.
func inWords(api *cluster.APIError) error {
	if api.Code == codeNotSent || api.Code == codeAnswerLost || api.Code == codeNoCredentials {
		return errors.New(api.Message)
	}
	return api
}

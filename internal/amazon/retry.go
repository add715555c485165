package amazon

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"handover/internal/cluster"
)

// attempts is how often a call is made at most. With the SDK's back-off, which doubles from 1 to 20 s with full jitter, eight attempts ride out half a
// minute of throttling on average.
const attempts = 8

// reads retries whatever the SDK's standard calls retryable: reading twice does no harm.
func reads() aws.Retryer {
	return retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = attempts })
}

// once retries a mutation only where AWS surely did not act on it. The SDK's standard would also send it again after a connection that broke off and
// after a 500, when it may well have taken effect.
type once struct{ *retry.Standard }

func mutations() aws.Retryer {
	return once{retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = attempts })}
}

func (o once) IsErrorRetryable(err error) bool {
	return untouched(err) && o.Standard.IsErrorRetryable(err)
}

// soon does not try an endpoint again that cannot be reached at all: a wrong --endpoint-url is best reported at once, and not after half a minute
// of back-off.
type soon struct{ *retry.Standard }

func (s soon) IsErrorRetryable(err error) bool {
	return !unsent(err) && s.Standard.IsErrorRetryable(err)
}

// untouched tells whether a failed attempt surely changed nothing: it was not written to a connection, or AWS refused it in so many words. A refusal
// is only retried where the standard says so, which leaves throttling and a signature whose time was wrong; a limit of the account does
// not go away by waiting seconds.
func untouched(err error) bool {
	if unsent(err) {
		return true
	}
	api := classify(err)
	switch api.Class {
	case cluster.ClassThrottled:
		return api.Code != "LimitExceededException"
	case cluster.ClassDenied:
		return true
	default:
		return false
	}
}

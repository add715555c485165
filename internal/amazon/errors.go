package amazon

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"handover/internal/cluster"
)

// Codes of our own, where AWS has not answered with one.
const (
	codeNotSent       = "NotSent"       // the request did not reach AWS
	codeAnswerLost    = "AnswerLost"    // it may have
	codeNoCredentials = "NoCredentials" // there was nothing to sign it with
	codeMalformed     = "MalformedRequest"
)

// classes are AWS's error codes by meaning. Sources: the error shapes of the ECS, ELBv2, ECR and STS models; common errors of the API References.
// What is not here is judged by its ending, its message, and the HTTP status.
func classes() map[string]cluster.Class {
	return map[string]cluster.Class{
		"TargetGroupNotFound":  cluster.ClassNotFound, // the wire's name of TargetGroupNotFoundException
		"LoadBalancerNotFound": cluster.ClassNotFound,

		"ConflictException":                          cluster.ClassState,
		"ResourceInUse":                              cluster.ClassState,
		"ResourceInUseException":                     cluster.ClassState,
		"UpdateInProgressException":                  cluster.ClassState,
		"NoUpdateAvailableException":                 cluster.ClassState,
		"TargetNotConnectedException":                cluster.ClassState,
		"ClusterContainsServicesException":           cluster.ClassState,
		"ClusterContainsTasksException":              cluster.ClassState,
		"ClusterContainsContainerInstancesException": cluster.ClassState,
		"ClusterContainsCapacityProviderException":   cluster.ClassState,

		"UnrecognizedClientException":         cluster.ClassDenied,
		"InvalidClientTokenId":                cluster.ClassDenied,
		"ExpiredToken":                        cluster.ClassDenied,
		"ExpiredTokenException":               cluster.ClassDenied,
		"InvalidSignatureException":           cluster.ClassDenied,
		"SignatureDoesNotMatch":               cluster.ClassDenied,
		"IncompleteSignature":                 cluster.ClassDenied,
		"IncompleteSignatureException":        cluster.ClassDenied,
		"MissingAuthenticationToken":          cluster.ClassDenied,
		"MissingAuthenticationTokenException": cluster.ClassDenied,
		"UnauthorizedOperation":               cluster.ClassDenied,
		"NotAuthorized":                       cluster.ClassDenied,
		"AuthFailure":                         cluster.ClassDenied,
		"OptInRequired":                       cluster.ClassDenied,
		"BlockedException":                    cluster.ClassDenied,
		"RequestTimeTooSkewed":                cluster.ClassDenied,
		"RequestExpired":                      cluster.ClassDenied,

		"RequestLimitExceeded":            cluster.ClassThrottled,
		"RequestThrottled":                cluster.ClassThrottled,
		"RequestThrottledException":       cluster.ClassThrottled,
		"TooManyRequestsException":        cluster.ClassThrottled,
		"SlowDown":                        cluster.ClassThrottled,
		"TooManyTargets":                  cluster.ClassThrottled,
		"TooManyRegistrationsForTargetId": cluster.ClassThrottled,

		"UnsupportedFeatureException": cluster.ClassUnsupported,
		"UnsupportedOperation":        cluster.ClassUnsupported,
		"UnknownOperationException":   cluster.ClassUnsupported,
		"InvalidAction":               cluster.ClassUnsupported,

		"ServerException":         cluster.ClassUnavailable,
		"InternalFailure":         cluster.ClassUnavailable,
		"InternalError":           cluster.ClassUnavailable,
		"ServiceUnavailable":      cluster.ClassUnavailable,
		"RequestTimeout":          cluster.ClassUnavailable,
		"RequestTimeoutException": cluster.ClassUnavailable,
	}
}

// messages are what ECS says under codes that mean nothing by themselves: InvalidParameterException and ClientException. Sources: behaviour, section 10.
func messages() []struct {
	start string
	class cluster.Class
} {
	return []struct {
		start string
		class cluster.Class
	}{
		{"The referenced task was not found", cluster.ClassNotFound},
		{"TaskDefinition not found", cluster.ClassNotFound},
		{"Unable to describe task definition", cluster.ClassNotFound},
		{"TaskDefinition is inactive", cluster.ClassState},
		{"The service cannot be stopped while", cluster.ClassState},
	}
}

// classify puts any error of a call into AWS's words and a class. Its last resort is ClassUnavailable: nothing is known of what happened.
func classify(err error) *cluster.APIError {
	var done *cluster.APIError
	if errors.As(err, &done) {
		return done
	}
	var noCredentials *credentialsError
	if errors.As(err, &noCredentials) {
		return classifyCredentials(noCredentials)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return &cluster.APIError{Class: classOf(api.ErrorCode(), api.ErrorMessage(), statusOf(err)), Code: api.ErrorCode(), Message: api.ErrorMessage()}
	}
	var unsent *notSentError
	if errors.As(err, &unsent) {
		return cluster.Errorf(cluster.ClassUnavailable, codeNotSent, "%v", unsent.err)
	}
	var malformed smithy.InvalidParamsError
	var unserialised *smithy.SerializationError
	if errors.As(err, &malformed) || errors.As(err, &unserialised) {
		return cluster.Errorf(cluster.ClassInvalid, codeMalformed, "%v", root(err))
	}
	return cluster.Errorf(cluster.ClassUnavailable, codeAnswerLost, "%v", root(err))
}

// classifyCredentials keeps AWS's own words where AWS refused to give credentials, as it does when a role may not be assumed.
func classifyCredentials(failed *credentialsError) *cluster.APIError {
	var api smithy.APIError
	var unsent *notSentError
	switch {
	case errors.As(failed.err, &api):
		return &cluster.APIError{Class: cluster.ClassDenied, Code: api.ErrorCode(), Message: api.ErrorMessage()}
	case errors.As(failed.err, &unsent):
		return cluster.Errorf(cluster.ClassUnavailable, codeNotSent, "%v", unsent.err)
	}
	return cluster.Errorf(cluster.ClassDenied, codeNoCredentials, "%v", root(failed.err))
}

// root cuts "operation error ECS: UpdateService, exceeded maximum number of attempts, 8, https response error StatusCode: 0, RequestID: , …" down to what
// went wrong.
func root(err error) error {
	for {
		var operation *smithy.OperationError
		var attempts *retry.MaxAttemptsError
		var send *smithyhttp.RequestSendError
		switch {
		case errors.As(err, &send):
			err = send.Err
		case errors.As(err, &operation):
			err = operation.Err
		case errors.As(err, &attempts):
			err = attempts.Err
		default:
			return err
		}
	}
}

func classOf(code, message string, status int) cluster.Class {
	if class, ok := classes()[code]; ok {
		return class
	}
	for _, m := range messages() {
		if strings.HasPrefix(message, m.start) {
			return m.class
		}
	}
	switch {
	case strings.HasPrefix(code, "AccessDenied"):
		return cluster.ClassDenied
	case strings.HasPrefix(code, "Throttl"):
		return cluster.ClassThrottled
	case strings.HasSuffix(code, "LimitExceededException"):
		return cluster.ClassThrottled // a limit of the account, not a rate
	case strings.HasSuffix(code, "NotFoundException"):
		return cluster.ClassNotFound
	case strings.HasSuffix(code, "NotActiveException"):
		return cluster.ClassState
	}
	return classOfStatus(status)
}

// classOfStatus judges answers with a code that nobody knows, or without one, as proxies give them.
func classOfStatus(status int) cluster.Class {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return cluster.ClassDenied
	case status == http.StatusTooManyRequests:
		return cluster.ClassThrottled
	case status == http.StatusNotImplemented:
		return cluster.ClassUnsupported
	case status >= 400 && status < 500:
		return cluster.ClassInvalid
	}
	return cluster.ClassUnavailable
}

func statusOf(err error) int {
	var answered interface{ HTTPStatusCode() int }
	if !errors.As(err, &answered) {
		return 0
	}
	return answered.HTTPStatusCode()
}

// outcomeOf says what a failed mutation came to. It is Rejected where AWS refused it or it was never sent, and Unknown in every other case.
func outcomeOf(err error) cluster.Outcome {
	api := classify(err)
	if api.Class == cluster.ClassUnavailable && !unsent(err) {
		return cluster.Outcome{Result: cluster.Unknown, Err: api}
	}
	return cluster.Outcome{Result: cluster.Rejected, Err: api}
}

// unsent tells whether the other side cannot know of the request: it was not written to a connection, or there was nothing to sign it with.
func unsent(err error) bool {
	var wire *notSentError
	var credentials *credentialsError
	return errors.As(err, &wire) || errors.As(err, &credentials)
}

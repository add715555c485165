package cluster

import "fmt"

// Class groups AWS's error codes by what they mean to a caller, so that nobody above the adapter has to know a code.
type Class string

// The classes.
const (
	ClassNotFound    Class = "not-found"   // the cluster, service, task or target group does not exist
	ClassState       Class = "state"       // it exists, and its state forbids the action: not ACTIVE, in use, a conflict
	ClassInvalid     Class = "invalid"     // the request can never succeed as it is
	ClassUnsupported Class = "unsupported" // AWS does not offer it for this object
	ClassDenied      Class = "denied"      // no permission, or no credentials
	ClassThrottled   Class = "throttled"   // too many calls, or a limit of the account
	ClassUnavailable Class = "unavailable" // AWS or the network failed; whether the action took effect is not known
)

// APIError is an error of AWS in AWS's words.
type APIError struct {
	Class   Class  `json:"class"`
	Code    string `json:"code"` // for example ServiceNotFoundException
	Message string `json:"message"`
}

// Error gives code and message.
func (e *APIError) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an APIError.
func Errorf(class Class, code, format string, args ...any) *APIError {
	return &APIError{Class: class, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Result tells how an action ended.
type Result string

// The ends of an action.
const (
	Done     Result = "done"
	Rejected Result = "rejected" // AWS refused it; nothing was changed by it
	Unknown  Result = "unknown"  // the answer was lost, or we crashed: it may or may not have taken effect
)

// Outcome is what came of one action.
type Outcome struct {
	Result Result    `json:"result"`
	IDs    []string  `json:"ids,omitempty"`   // Done: what each Action says it gives
	Err    *APIError `json:"error,omitempty"` // Rejected, and Unknown where a reason is known
}

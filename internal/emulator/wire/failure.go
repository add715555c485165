package wire

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
)

// Codes of the failures found here and not by a handler, as the JSON protocols
// call them.
const (
	codeUnknownOperation = "UnknownOperationException"
	codeSerialization    = "SerializationException"
	codeMissingToken     = "MissingAuthenticationTokenException"
	codeIncomplete       = "IncompleteSignatureException"
	codeTooLarge         = "RequestEntityTooLargeException"
)

// An Error is an AWS error without an exception type of its own, such as
// ThrottlingException or ValidationException. Handlers and [Hooks] return it.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP status; 400 when zero
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode is the code on the wire.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage is the message on the wire.
func (e *Error) ErrorMessage() string { return e.Message }

// HTTPStatusCode is the status of the answer, or 0 for the usual one.
func (e *Error) HTTPStatusCode() int { return e.Status }

// apiError is what the SDK's exceptions have in common (smithy.APIError),
// without the method whose result type belongs to another module.
type apiError interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// ServerFault tells whether err, or an error it wraps, says of itself that it is
// the server's fault. F is smithy.ErrorFault, which this package cannot name:
//
//	wire.Description{…, ServerFault: wire.ServerFault[smithy.ErrorFault]}
func ServerFault[F ~int](err error) bool {
	const server = 1 // smithy.FaultServer; 0 is unknown, 2 the client
	var f interface{ ErrorFault() F }
	return errors.As(err, &f) && f.ErrorFault() == server
}

// A failure is an error as it goes to the client. It is an error so that
// decoding can return it through the same path as a handler's errors.
type failure struct {
	code    string
	message string
	status  int  // 400 when zero
	handler bool // the code is a handler's, hence already right for the protocol

	// The exception's members besides its message; none when nil.
	plan    *plan
	members reflect.Value

	// What went wrong inside, for the server's log only.
	cause error
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func (f *failure) httpStatus() int {
	if f.status == 0 {
		return http.StatusBadRequest
	}
	return f.status
}

func malformed(format string, args ...any) *failure {
	return &failure{code: codeSerialization, message: fmt.Sprintf(format, args...)}
}

// failureOf translates what a handler returned. Anything but an AWS error is an
// internal failure whose text stays here.
func (s *Service) failureOf(err error) *failure {
	var known *failure
	if errors.As(err, &known) {
		return known
	}
	var api apiError
	if !errors.As(err, &api) {
		return s.internal(err)
	}
	v := reflect.ValueOf(api)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return s.internal(fmt.Errorf("the handler returned a nil %T as its error", api))
		}
		v = v.Elem()
	}
	f := &failure{code: api.ErrorCode(), message: api.ErrorMessage(), status: s.statusOf(api), handler: true}
	// Only generated exceptions have this field, and only their other fields are
	// members of the answer.
	if v.Kind() == reflect.Struct && v.FieldByName("ErrorCodeOverride").IsValid() {
		f.plan, f.members = s.errorPlan(v.Type()), v
	}
	return f
}

func (s *Service) statusOf(err apiError) int {
	if h, ok := err.(interface{ HTTPStatusCode() int }); ok && validStatus(h.HTTPStatusCode()) {
		return h.HTTPStatusCode()
	}
	if status := s.desc.Status[err.ErrorCode()]; validStatus(status) {
		return status
	}
	if s.desc.ServerFault != nil && s.desc.ServerFault(err) {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// validStatus keeps a mistaken status from making net/http panic, or from making
// a client take an error for a success.
func validStatus(status int) bool { return status >= 400 && status <= 599 }

func (s *Service) internal(cause error) *failure {
	return &failure{
		code:    s.desc.InternalCode,
		message: "An internal error occurred.",
		status:  http.StatusInternalServerError,
		handler: true,
		cause:   cause,
	}
}

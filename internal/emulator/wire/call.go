package wire

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// A Call is what is known about a request besides its input.
type Call struct {
	RequestID   string
	Service     string // signing name
	Operation   string
	Region      string // empty for an operation called without a signature
	AccessKeyID string // empty likewise
	// SessionToken comes with temporary credentials. A caller must not show it.
	SessionToken string
	UserAgent    string
	Host         string // as the client named the server
	Trace        string // X-Amzn-Trace-Id
	DryRun       bool   // of the EC2 Query protocol: nothing is to be done
}

type callKey struct{}

// CallFrom returns the call in whose handler ctx was received. Outside of a
// handler it returns the zero Call.
func CallFrom(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	return c
}

// WithCall returns a context which carries c, for calling a handler directly.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// A scope is the part of a signature that is read: who calls which service in
// which region.
type scope struct {
	accessKeyID, region, service string
}

const algorithm = "AWS4-HMAC-SHA256"

// scopeOf reads the credential scope from the Authorization header, or from the
// query string of a presigned URL. The failure it returns has the code of the
// JSON protocols; see queryDialect.rename for the other names.
func scopeOf(h http.Header, query url.Values) (scope, *failure) {
	auth := h.Get("Authorization")
	if auth == "" {
		if query.Get("X-Amz-Algorithm") == algorithm {
			return parseScope(query.Get("X-Amz-Credential"))
		}
		return scope{}, &failure{code: codeMissingToken, message: "Missing Authentication Token"}
	}
	rest, ok := strings.CutPrefix(auth, algorithm+" ")
	if !ok {
		return scope{}, incomplete("Authorization header requires '" + algorithm + "' algorithm.")
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		k, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return scope{}, incomplete("'" + part + "' not a valid key=value pair (missing equal-sign) in Authorization header.")
		}
		params[k] = v
	}
	var missing []string
	for _, k := range []string{"Credential", "Signature", "SignedHeaders"} {
		if params[k] == "" {
			missing = append(missing, "Authorization header requires '"+k+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return scope{}, incomplete(strings.Join(missing, " "))
	}
	return parseScope(params["Credential"])
}

func parseScope(credential string) (scope, *failure) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return scope{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + credential + "'")
	}
	for _, p := range parts {
		if p == "" {
			return scope{}, incomplete("Credential must not have empty elements, got '" + credential + "'")
		}
	}
	if parts[4] != "aws4_request" {
		return scope{}, incomplete("Credential should be scoped with a valid terminator: 'aws4_request', not '" + parts[4] + "'.")
	}
	return scope{accessKeyID: parts[0], region: parts[2], service: parts[3]}, nil
}

func incomplete(message string) *failure {
	return &failure{code: codeIncomplete, message: message}
}

package amazon

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// byHand is a call of a service whose module of the SDK is not used, because the program would grow by megabytes for one call. It only reads.
type byHand struct {
	service     string // the SDK's id of the service, for the pace and the trace
	host        string // the first part of its host name, which is the name that it is signed for, too
	operation   string
	contentType string
	target      string // X-Amz-Target, where the protocol has it
	body        []byte
}

// ask makes one attempt of a call.
func (a *Account) ask(ctx context.Context, call byHand) (status int, text []byte, err error) {
	endpoint, err := a.endpointOf(ctx, call.host)
	if err != nil {
		return 0, nil, err
	}
	ctx = awsmiddleware.SetOperationName(awsmiddleware.SetServiceID(ctx, call.service), call.operation)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(call.body))
	if err != nil {
		return 0, nil, &notSentError{err}
	}
	request.Header.Set("Content-Type", call.contentType)
	request.Header.Set("User-Agent", "handover/"+cmp.Or(a.options.Version, "dev"))
	if call.target != "" {
		request.Header.Set("X-Amz-Target", call.target)
	}
	credentials, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, nil, err
	}
	hash := sha256.Sum256(call.body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), call.host, a.Region, localNow()); err != nil {
		return 0, nil, &notSentError{err}
	}
	response, err := a.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	if text, err = readBody(response.Body); err != nil {
		return 0, nil, fmt.Errorf("reading the answer: %w", err)
	}
	return response.StatusCode, text, nil
}

// endpointOf is the endpoint that was given, or AWS's: that of EC2 Auto Scaling with another name, in every partition.
// Source: AWS General Reference, endpoints of Amazon EC2, of Service Quotas and of Amazon EC2 Auto Scaling.
func (a *Account) endpointOf(ctx context.Context, host string) (string, error) {
	if given := a.options.endpoint(a.config.BaseEndpoint); given != nil {
		return *given, nil
	}
	known, err := autoscaling.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, autoscaling.EndpointParameters{Region: aws.String(a.Region)})
	if err != nil {
		return "", &notSentError{err}
	}
	return strings.Replace(known.URI.String(), "//autoscaling.", "//"+host+".", 1), nil
}

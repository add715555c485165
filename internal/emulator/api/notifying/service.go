// Package notifying is the API of Amazon SNS: topics, subscriptions, their attributes and tags, and publishing. What is published reaches the queues of SQS that are
// subscribed, through their filters; other endpoints are accepted and get nothing. An endpoint that has to be confirmed stays pending, but for HTTP, where nobody is asked.
package notifying

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are SNS's operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon SNS", wire.Description{
		Name: "sns", Version: "2010-03-31", Protocol: wire.AWSQuery,
		Namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
		Names: map[string]string{
			"CheckIfPhoneNumberIsOptedOutInput.PhoneNumber": "phoneNumber", "CheckIfPhoneNumberIsOptedOutOutput.IsOptedOut": "isOptedOut",
			"GetSMSAttributesInput.Attributes": "attributes", "GetSMSAttributesOutput.Attributes": "attributes", "SetSMSAttributesInput.Attributes": "attributes",
			"ListPhoneNumbersOptedOutInput.NextToken": "nextToken", "ListPhoneNumbersOptedOutOutput.NextToken": "nextToken",
			"ListPhoneNumbersOptedOutOutput.PhoneNumbers": "phoneNumbers", "OptInPhoneNumberInput.PhoneNumber": "phoneNumber",
		},
		Entries:      map[string]wire.Entry{"MessageAttributeValue": {Key: "Name", Value: "Value"}},
		ServerFault:  wire.ServerFault[smithy.ErrorFault],
		InternalCode: "InternalError",
	})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.createTopic)
	api.Offer(s, h.deleteTopic)
	api.Offer(s, h.listTopics)
	api.Offer(s, h.getTopicAttributes)
	api.Offer(s, h.setTopicAttributes)
	api.Offer(s, h.subscribe)
	api.Offer(s, h.confirmSubscription)
	api.Offer(s, h.unsubscribe)
	api.Offer(s, h.listSubscriptions)
	api.Offer(s, h.listSubscriptionsByTopic)
	api.Offer(s, h.getSubscriptionAttributes)
	api.Offer(s, h.setSubscriptionAttributes)
	api.Offer(s, h.publish)
	api.Offer(s, h.publishBatch)
	api.Offer(s, h.addPermission)
	api.Offer(s, h.removePermission)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTagsForResource)
	lack(s)
	return s
}

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[sns.CheckIfPhoneNumberIsOptedOutInput](s)
	api.Lack[sns.CreatePlatformApplicationInput](s)
	api.Lack[sns.CreatePlatformEndpointInput](s)
	api.Lack[sns.CreateSMSSandboxPhoneNumberInput](s)
	api.Lack[sns.DeleteEndpointInput](s)
	api.Lack[sns.DeletePlatformApplicationInput](s)
	api.Lack[sns.DeleteSMSSandboxPhoneNumberInput](s)
	api.Lack[sns.GetDataProtectionPolicyInput](s)
	api.Lack[sns.GetEndpointAttributesInput](s)
	api.Lack[sns.GetPlatformApplicationAttributesInput](s)
	api.Lack[sns.GetSMSAttributesInput](s)
	api.Lack[sns.GetSMSSandboxAccountStatusInput](s)
	api.Lack[sns.ListEndpointsByPlatformApplicationInput](s)
	api.Lack[sns.ListOriginationNumbersInput](s)
	api.Lack[sns.ListPhoneNumbersOptedOutInput](s)
	api.Lack[sns.ListPlatformApplicationsInput](s)
	api.Lack[sns.ListSMSSandboxPhoneNumbersInput](s)
	api.Lack[sns.OptInPhoneNumberInput](s)
	api.Lack[sns.PutDataProtectionPolicyInput](s)
	api.Lack[sns.SetEndpointAttributesInput](s)
	api.Lack[sns.SetPlatformApplicationAttributesInput](s)
	api.Lack[sns.SetSMSAttributesInput](s)
	api.Lack[sns.VerifySMSSandboxPhoneNumberInput](s)
}

// invalid is SNS's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "InvalidParameter", Message: "Invalid parameter: " + fmt.Sprintf(format, args...)}
}

// notFound is SNS's error for what is not there.
func notFound(what string) error {
	return &wire.Error{Code: "NotFound", Message: what + " does not exist", Status: http.StatusNotFound}
}

// paged cuts a page of 100 out of items in the order of their keys. Source: API Reference, ListTopics.
func paged[T any](all []T, key func(T) string, token *string) (page []T, next *string, err error) {
	cut, after, err := api.Page(all, key, api.Value(token), 100)
	if err != nil {
		return nil, nil, invalid("NextToken")
	}
	return slices.Clone(cut), api.Some(after), nil
}

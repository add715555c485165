// Package wire is the server side of the AWS protocols: it turns an HTTP
// request into the input struct of an AWS SDK operation, calls a typed handler,
// and turns the handler's output struct, or its error, into the HTTP answer
// which AWS would have sent.
//
// The structs are the AWS SDK's own, but this package imports no SDK: it works
// by reflection on whatever types are registered, so that one set of types
// serves client and server and nothing is generated.
//
//	svc := wire.NewService(wire.Description{
//		Name:       "ecs",
//		Version:    "2014-11-13",
//		Protocol:   wire.AWSJSON11,
//		Target:     "AmazonEC2ContainerServiceV20141113",
//		LowerCamel: true,
//	})
//	svc.Union((*types.SharingStrategy)(nil), &types.SharingStrategyMemberNvidiaMps{})
//	wire.Document(svc, func(v any) document.Interface { return document.NewLazyDocument(v) })
//	wire.Handle(svc, api.DescribeServices)
//
//	http.Serve(listener, wire.NewMux(wire.Hooks{RequestID: ids.Next}, svc))
//
// where DescribeServices is
// func(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error).
//
// # What it guarantees
//
// No request makes it panic, whatever its bytes: bodies are limited to
// [MaxBody], nesting to [MaxDepth], and a request which cannot be decoded is
// answered as AWS answers it. Member names are matched in their exact letter
// case; unknown members are ignored; a null is an absent member.
//
// An answer is encoded completely before its first byte is written. A struct
// member is omitted when it is a nil pointer, slice, map, union or document, or
// an empty enum; an empty slice is written as an empty list; a number or bool
// which is not a pointer is written even when it is zero, as AWS does.
//
// Each answer carries x-amzn-RequestId, Content-Type and Content-Length.
// Details of an error which is not meant for the client never reach the client.
//
// # What the caller must do
//
// Register unions and documents before the operations which use them, and every
// operation before the first request: [Handle], [Service.Union] and [Document]
// panic on a mistake of the program (a type the protocols cannot carry, an
// operation twice) and are not safe beside a running [Mux].
//
// Return values nobody changes afterwards: they are read after the handler has
// returned, without any lock of the caller. Return slices which AWS always
// sends as empty and not as nil. Return the SDK's exception types, whose
// ErrorCode is the name on the wire; their Go type name is never used.
//
// # What it never does
//
// It does not verify signatures; it reads the credential scope, and refuses
// only a request which carries none. It does not validate members beyond their
// type: required members, ranges and patterns are the handler's. It knows no
// clock, writes no log, starts no goroutine, keeps no state between calls, and
// does not recover from a panic of a handler.
package wire

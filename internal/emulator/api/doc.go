// Package api is what the handlers of all services share: how they get at the world of the Region that was called, how an error of the world becomes an
// error of AWS, how lists are paged, and the list of what is offered.
//
// A handler checks the shape of a request and the limits that AWS sets on the request itself, translates it into a cluster.Action, and renders the answer
// from the world's state. It has no rule and no time. It guarantees that what it returns shares nothing with the world, because the answer is encoded
// after the world has been left to the next request.
//
// Each service has a package of its own beneath this one: containers (ECS), balancing (ELBv2), scaling (Application Auto Scaling),
// groups (EC2 Auto Scaling), machines (EC2), identity (STS),
// notifying (SNS), queueing (SQS), logging (CloudWatch Logs), watching (CloudWatch), invoking (Lambda), routing (EventBridge), workflows (Step Functions). None
// imports another.
package api

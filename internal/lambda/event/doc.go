// Package event reads what Handover's Lambda function is invoked with, and says which work it asks for.
//
// It guarantees that Decode and Plan are pure: the same payload gives the same notices, and the same notice and settings give the same work. No payload makes
// them panic, and nothing that came is lost: a record that cannot be understood is a notice as well, Strange, with the reason. Members that AWS adds are ignored.
//
// The caller must do the work of every notice, also when there are several in one delivery, and report those that ask for none.
//
// The package never acts, and knows neither Lambda's API nor the operations. Sources: Lambda developer guide, with-sns, with-sqs, services-ec2; EC2 Auto Scaling
// user guide, prepare-for-lifecycle-notifications and automating-ec2-auto-scaling-with-eventbridge; EC2 user guide, spot-instance-termination-notices and
// rebalance-recommendations; ECS developer guide, task-retirement.
package event

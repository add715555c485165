package amazon

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// LogPermission is the IAM action that LastLine takes.
const LogPermission = "logs:GetLogEvents"

// LastLine is the last event of a log stream, in the Region that it is in; empty for the account's own. It is empty, without an error, where the stream is not there or has none.
func (a *Account) LastLine(ctx context.Context, region, group, stream string) (string, error) {
	answer, err := a.few.lines(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(group), LogStreamName: aws.String(stream), Limit: aws.Int32(1)}, func(o *cloudwatchlogs.Options) {
		if region != "" {
			o.Region = region
		}
	})
	failed := &failure{LogPermission, err}
	switch {
	case err != nil && failed.gone():
		return "", nil
	case err != nil:
		return "", classify(err)
	case len(answer.Events) == 0:
		return "", nil
	}
	return aws.ToString(answer.Events[len(answer.Events)-1].Message), nil
}

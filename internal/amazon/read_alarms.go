package amazon

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/cluster"
)

// alarmsPerCall is the most names that DescribeAlarms takes. Source: CloudWatch API Reference, DescribeAlarms.
const alarmsPerCall = 100

// alarms reads the alarms of the scope, of every kind. One that is not there is left out.
func (r *reading) alarms(ctx context.Context, names []string) {
	var found []cluster.Alarm
	for batch := range slices.Chunk(names, alarmsPerCall) {
		pages := cloudwatch.NewDescribeAlarmsPaginator(r.p.account.few, &cloudwatch.DescribeAlarmsInput{AlarmNames: batch,
			AlarmTypes: types.AlarmType("").Values()})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				r.gap(cluster.ServiceKey{}, cluster.PartAlarms, &failure{"cloudwatch:DescribeAlarms", err})
				return
			}
			for _, a := range page.MetricAlarms {
				found = append(found, alarmOf(a.AlarmName, a.StateValue, a.StateReason))
			}
			for _, a := range page.CompositeAlarms {
				found = append(found, alarmOf(a.AlarmName, a.StateValue, a.StateReason))
			}
			for _, a := range page.LogAlarms {
				found = append(found, alarmOf(a.AlarmName, a.StateValue, a.StateReason))
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Alarms = found
}

func alarmOf(name *string, state types.StateValue, reason *string) cluster.Alarm {
	return cluster.Alarm{Name: aws.ToString(name), State: cluster.AlarmState(state), Reason: aws.ToString(reason)}
}

package workflows

import (
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[sfn.CreateActivityInput](s)
	api.Lack[sfn.CreateStateMachineAliasInput](s)
	api.Lack[sfn.DeleteActivityInput](s)
	api.Lack[sfn.DeleteStateMachineAliasInput](s)
	api.Lack[sfn.DeleteStateMachineVersionInput](s)
	api.Lack[sfn.DescribeActivityInput](s)
	api.Lack[sfn.DescribeMapRunInput](s)
	api.Lack[sfn.DescribeStateMachineAliasInput](s)
	api.Lack[sfn.DescribeStateMachineForExecutionInput](s)
	api.Lack[sfn.GetActivityTaskInput](s)
	api.Lack[sfn.ListActivitiesInput](s)
	api.Lack[sfn.ListMapRunsInput](s)
	api.Lack[sfn.ListStateMachineAliasesInput](s)
	api.Lack[sfn.ListStateMachineVersionsInput](s)
	api.Lack[sfn.PublishStateMachineVersionInput](s)
	api.Lack[sfn.RedriveExecutionInput](s)
	api.Lack[sfn.SendTaskFailureInput](s)
	api.Lack[sfn.SendTaskHeartbeatInput](s)
	api.Lack[sfn.SendTaskSuccessInput](s)
	api.Lack[sfn.StartSyncExecutionInput](s)
	api.Lack[sfn.TestStateInput](s)
	api.Lack[sfn.UpdateMapRunInput](s)
	api.Lack[sfn.UpdateStateMachineAliasInput](s)
}

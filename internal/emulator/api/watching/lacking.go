package watching

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[cloudwatch.AssociateDatasetKmsKeyInput](s)
	api.Lack[cloudwatch.CreateResourceMetricsConfigurationInput](s)
	api.Lack[cloudwatch.DeleteAlarmMuteRuleInput](s)
	api.Lack[cloudwatch.DeleteAnomalyDetectorInput](s)
	api.Lack[cloudwatch.DeleteDashboardsInput](s)
	api.Lack[cloudwatch.DeleteInsightRulesInput](s)
	api.Lack[cloudwatch.DeleteMetricStreamInput](s)
	api.Lack[cloudwatch.DeleteResourceMetricsConfigurationInput](s)
	api.Lack[cloudwatch.DescribeAlarmContributorsInput](s)
	api.Lack[cloudwatch.DescribeAlarmHistoryInput](s)
	api.Lack[cloudwatch.DescribeAnomalyDetectorsInput](s)
	api.Lack[cloudwatch.DescribeInsightRulesInput](s)
	api.Lack[cloudwatch.DisableInsightRulesInput](s)
	api.Lack[cloudwatch.DisassociateDatasetKmsKeyInput](s)
	api.Lack[cloudwatch.EnableInsightRulesInput](s)
	api.Lack[cloudwatch.GetAlarmMuteRuleInput](s)
	api.Lack[cloudwatch.GetDashboardInput](s)
	api.Lack[cloudwatch.GetDatasetInput](s)
	api.Lack[cloudwatch.GetInsightRuleReportInput](s)
	api.Lack[cloudwatch.GetMetricStreamInput](s)
	api.Lack[cloudwatch.GetMetricWidgetImageInput](s)
	api.Lack[cloudwatch.GetOTelEnrichmentInput](s)
	api.Lack[cloudwatch.GetResourceMetricsConfigurationInput](s)
	api.Lack[cloudwatch.ListAlarmMuteRulesInput](s)
	api.Lack[cloudwatch.ListDashboardsInput](s)
	api.Lack[cloudwatch.ListManagedInsightRulesInput](s)
	api.Lack[cloudwatch.ListMetricStreamsInput](s)
	api.Lack[cloudwatch.PutAlarmMuteRuleInput](s)
	api.Lack[cloudwatch.PutAnomalyDetectorInput](s)
	api.Lack[cloudwatch.PutCompositeAlarmInput](s)
	api.Lack[cloudwatch.PutDashboardInput](s)
	api.Lack[cloudwatch.PutInsightRuleInput](s)
	api.Lack[cloudwatch.PutLogAlarmInput](s)
	api.Lack[cloudwatch.PutManagedInsightRulesInput](s)
	api.Lack[cloudwatch.PutMetricStreamInput](s)
	api.Lack[cloudwatch.StartMetricStreamsInput](s)
	api.Lack[cloudwatch.StartOTelEnrichmentInput](s)
	api.Lack[cloudwatch.StopMetricStreamsInput](s)
	api.Lack[cloudwatch.StopOTelEnrichmentInput](s)
	api.Lack[cloudwatch.UpdateOTelEnrichmentInput](s)
	api.Lack[cloudwatch.UpdateResourceMetricsConfigurationInput](s)
}

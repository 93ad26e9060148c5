package api

import "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"

// smsWirePairs sets our answers beside the SDK's types.
func smsWirePairs() map[string][2]any {
	return map[string][2]any{
		"SmsApp":                           {smsAppRow{}, model.SmsApp{}},
		"ListAimMsgAppDetailResponse":      {smsAppRow{}, model.ListAimMsgAppDetailResponse{}},
		"UpdateAimMsgAppResponse":          {smsAppName{}, model.UpdateAimMsgAppResponse{}},
		"SmsSignatureInfo":                 {signatureRow{}, model.SmsSignatureInfo{}},
		"ListAimMsgSignatureDetail":        {signatureRow{}, model.ListAimMsgSignatureDetailResponse{}},
		"UpdateAimMsgSignatureResponse":    {signatureName{}, model.UpdateAimMsgSignatureResponse{}},
		"SmsTemplateInfo":                  {smsTemplateRow{}, model.SmsTemplateInfo{}},
		"ShowAimMsgTemplateDetailResponse": {smsTemplateRow{}, model.ShowAimMsgTemplateDetailResponse{}},
		"UpdateAimMsgTemplateResponse":     {smsTemplateName{}, model.UpdateAimMsgTemplateResponse{}},
		"VariableAttributesResponse":       {smsVariableRow{}, model.VariableAttributesResponse{}},
		"SmsDetailResponse":                {smsDetail{}, model.SmsDetailResponse{}},
		"SendAimBatchMessagesResponse":     {messagesAnswer{}, model.SendAimBatchMessagesResponse{}},
		"SendAimBatchDifferentMessages":    {messagesAnswer{}, model.SendAimBatchDifferentMessagesResponse{}},
	}
}

package fault

// The documented codes (api.md §19). Gaps in the numbers are real unknowns: no meaning is invented for them.
const (
	// Sending and SMS, §19.1.
	EmptySign             Code = "KM.00001075"
	SignLength            Code = "KM.00001076"
	UnknownTemplate       Code = "KM.00001080" // AIM template, on sending
	EmptyTemplateID       Code = "KM.00001081"
	UnknownTemplateID     Code = "KM.00001082" // AIM template, on resolving and capability
	EmptyMobiles          Code = "KM.00001083"
	ChannelNumber         Code = "KM.00001098"
	EmptyAppName          Code = "KM.00001124"
	AppNameMismatch       Code = "KM.00001125"
	EmptyChannel          Code = "KM.00001126"
	EmptySMSSign          Code = "KM.00001127"
	SMSSignMismatch       Code = "KM.00001128"
	EmptySMSTemplateID    Code = "KM.00001129"
	SMSTemplateIDNumber   Code = "KM.00001134"
	UnknownSMSTemplate    Code = "KM.00001135"
	ForeignSMSTemplate    Code = "KM.00001138"
	EmptySignatureID      Code = "KM.00001189"
	SMSParameter          Code = "KM.00001375"
	SMSParameterCount     Code = "KM.00001376"
	NoResolveMark         Code = "KM.00001377"
	ConsecutiveParameters Code = "KM.00001378"
	SMSParameterDate      Code = "KM.00001403"
	SMSParameterNumber    Code = "KM.00001404"
	OnlyRejectedTemplate  Code = "KM.00001484"
	SignatureNameLength   Code = "KM.00001485"
	SignatureExists       Code = "KM.00001486"
	EmptyRecipient        Code = "KM.00001492"

	// Materials and templates, §19.2.
	FileURLLength   Code = "KM.80020017"
	FileURLScheme   Code = "KM.80020018"
	ThumbnailSize   Code = "KM.80020019"
	FileSize        Code = "KM.80020020"
	ImageFormat     Code = "KM.80020021"
	VideoFormat     Code = "KM.80020022"
	TemplateCreate  Code = "KM.80040004"
	TemplateUpdate  Code = "KM.80040005"
	TemplateDelete  Code = "KM.80040006"
	TemplateNotJSON Code = "KM.80040007"

	// AIM core, §19.3.
	TemplateList      Code = "KM.90014017"
	TemplateReview    Code = "KM.90014020"
	EmptyInput        Code = "KM.90016414"
	EmptyParams       Code = "KM.90016415"
	TooManyCodes      Code = "KM.90016416"
	CustFlagLength    Code = "KM.90016422"
	CustomURLLength   Code = "KM.90016423"
	ParameterLength   Code = "KM.90016424"
	DuplicateCode     Code = "KM.90016482"
	SensitiveWords    Code = "KM.90016801"
	ParameterMismatch Code = "KM.90016802"
	Parameter         Code = "KM.90016803" // the generic 400

	// The fronting gateway, §19.4.
	Unauthorized  Code = "APIGW.0301"
	TokenExpired  Code = "APIGW.0307"
	Forbidden     Code = "APIGW.0302"
	NoRoute       Code = "APIGW.0101"
	BodyTooLarge  Code = "APIGW.0201"
	Throttled     Code = "APIGW.0308"
	GatewayFailed Code = "APIGW.0601"

	// Ours, §19.5.
	Internal Code = "KM.00000500"
)

type entry struct {
	status int
	en, zh string
}

var table = map[Code]entry{
	EmptySign:             {400, "SMS signature must not be empty", "短信签名为空"},
	SignLength:            {400, "SMS signature must be 1-18 characters", "短信签名长度须为1-18个字符"},
	UnknownTemplate:       {400, "template does not exist", "模板不存在"},
	EmptyTemplateID:       {400, "template id must not be empty", "模板ID为空"},
	UnknownTemplateID:     {400, "template does not exist", "模板不存在"},
	EmptyMobiles:          {400, "list of phone numbers must not be empty", "手机号码列表为空"},
	ChannelNumber:         {400, "SMS channel number must be 1-21 characters", "短信通道号长度须为1-21个字符"},
	EmptyAppName:          {400, "SMS application name must not be empty", "短信应用名称为空"},
	AppNameMismatch:       {400, "SMS application name does not match", "短信应用名称不匹配"},
	EmptyChannel:          {400, "SMS channel must not be empty", "短信通道参数为空"},
	EmptySMSSign:          {400, "SMS signature must not be empty", "短信签名为空"},
	SMSSignMismatch:       {400, "SMS signature does not match", "短信签名不匹配"},
	EmptySMSTemplateID:    {400, "SMS template id must not be empty", "短信模板ID为空"},
	SMSTemplateIDNumber:   {400, "SMS template id must be a number", "短信模板ID须为数字"},
	UnknownSMSTemplate:    {400, "SMS template does not exist", "短信模板不存在"},
	ForeignSMSTemplate:    {400, "SMS template belongs to another user", "短信模板属于其他用户"},
	EmptySignatureID:      {400, "signature_id must not be empty", "签名ID为空"},
	SMSParameter:          {400, "SMS parameter breaks its rule (PHONE 1-15, others 1-20 characters)", "短信模板变量校验失败"},
	SMSParameterCount:     {400, "number of parameters does not match the SMS template", "参数个数与短信模板不一致"},
	NoResolveMark:         {400, "SMS template has no short-link variable (NEWTEXT)", "短信模板缺少解析标识变量"},
	ConsecutiveParameters: {400, "SMS template has variables that follow each other directly", "短信模板存在连续变量"},
	SMSParameterDate:      {400, "SMS parameter is not a date or time in a known form", "短信变量日期时间格式错误"},
	SMSParameterNumber:    {400, "SMS parameter must be letters and digits only", "短信变量其他号码格式错误"},
	OnlyRejectedTemplate:  {400, "only a rejected template may be changed", "仅审核未通过的模板可修改"},
	SignatureNameLength:   {400, "signature name must be 2-16 characters", "签名名称长度须为2-16个字符"},
	SignatureExists:       {400, "signature exists already; change its name or type", "签名已存在，请修改名称或类型"},
	EmptyRecipient:        {400, "recipient number must not be empty", "接收号码为空"},

	FileURLLength:   {400, "file URL must be at most 1000 characters", "文件地址超过1000个字符"},
	FileURLScheme:   {400, "file URL must begin with http or https", "文件无效，地址须以http或https开头"},
	ThumbnailSize:   {400, "thumbnail must be at most 100 KB", "封面图片超过100KB"},
	FileSize:        {400, "file is too large", "文件过大"},
	ImageFormat:     {400, "image must be png, jpg or jpeg", "图片格式须为png、jpg或jpeg"},
	VideoFormat:     {400, "video must be mp4", "视频格式须为mp4"},
	TemplateCreate:  {400, "template could not be created", "创建模板失败"},
	TemplateUpdate:  {400, "template could not be updated", "更新模板失败"},
	TemplateDelete:  {400, "template could not be deleted", "删除模板失败"},
	TemplateNotJSON: {400, "template could not be created: JSON not recognised", "创建模板失败，JSON无法识别"},

	TemplateList:      {400, "templates could not be listed", "查询模板列表失败"},
	TemplateReview:    {400, "template review state could not be read", "查询模板审核状态失败"},
	EmptyInput:        {400, "request body must not be empty", "输入为空"},
	EmptyParams:       {400, "params must not be empty", "参数集合为空"},
	TooManyCodes:      {400, "too many short links requested", "申请短链数量超限"},
	CustFlagLength:    {400, "cust_flag must be at most 64 characters", "自定义标识过长"},
	CustomURLLength:   {400, "custom_url is too long", "自定义跳转链接过长"},
	ParameterLength:   {400, "dynamic parameter is too long", "自定义参数过长"},
	DuplicateCode:     {400, "duplicate custom short link", "自定义短链重复"},
	SensitiveWords:    {400, "text holds a sensitive word", "包含敏感词"},
	ParameterMismatch: {400, "card parameters and declared parameters differ", "卡片参数与协议参数不一致"},
	Parameter:         {400, "request parameter error", "请求参数错误"},

	Unauthorized:  {401, "incorrect IAM authentication information", "身份认证信息错误"},
	TokenExpired:  {401, "token must be updated", "令牌已过期"},
	Forbidden:     {403, "no permission for this operation", "没有操作权限"},
	NoRoute:       {404, "the API does not exist", "API不存在"},
	BodyTooLarge:  {413, "request body is too large", "请求体过大"},
	Throttled:     {429, "too many requests; slow down", "请求过于频繁"},
	GatewayFailed: {500, "internal error", "内部错误"},
	Internal:      {500, "internal error", "内部错误"},
}

namespace Axvault.Api.Audit;

/// <summary>A change was certainly not made, and may be made again.</summary>
internal sealed class ChangeNotMadeException(Exception reason) : Exception(reason.Message, reason);

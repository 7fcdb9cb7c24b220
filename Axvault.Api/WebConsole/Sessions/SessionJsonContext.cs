using System.Text.Json.Serialization;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>The JSON inside the cookie of a session.</summary>
[JsonSerializable(typeof(ConsoleSession))]
internal sealed partial class SessionJsonContext : JsonSerializerContext;

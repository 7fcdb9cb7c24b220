using System.Text.Json.Serialization;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Logins;

/// <summary>The JSON of a login inside the draft of its page.</summary>
[JsonSerializable(typeof(BegunLogin))]
internal sealed partial class LoginPageJsonContext : JsonSerializerContext;

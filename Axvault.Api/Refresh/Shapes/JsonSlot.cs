using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Where the value of a member stands in a JSON text.</summary>
/// <param name="Start">The offset of its first byte.</param>
/// <param name="End">The offset after its last byte.</param>
/// <param name="Kind">What it starts with.</param>
internal readonly record struct JsonSlot(int Start, int End, JsonTokenType Kind);

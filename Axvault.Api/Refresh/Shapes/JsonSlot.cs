using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>The position of a member's value in a JSON text.</summary>
/// <param name="Start">The offset of its first byte.</param>
/// <param name="End">The offset after its last byte.</param>
/// <param name="Kind">The type of its first token.</param>
internal readonly record struct JsonSlot(int Start, int End, JsonTokenType Kind);

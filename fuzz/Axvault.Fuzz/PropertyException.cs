namespace Axvault.Fuzz;

/// <summary>Something does not hold that must.</summary>
internal sealed class PropertyException(string what) : Exception($"It does not hold that {what}.");

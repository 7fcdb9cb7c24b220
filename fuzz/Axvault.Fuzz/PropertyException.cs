namespace Axvault.Fuzz;

/// <summary>A property of a target does not hold.</summary>
internal sealed class PropertyException(string property) : Exception($"The property does not hold: {property}.");

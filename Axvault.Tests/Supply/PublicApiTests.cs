using System.Reflection;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Supply;

/// <summary>The public surface of the packages for other programs. A change of it is seen in a review, because a file has to change.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages => ["Axvault.Client", "Axvault.Hosting"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_surface_is_the_approved_one(string package)
    {
        var file = Path.Combine(SourceTree.Root, package, "PublicApi.txt");
        var types = Assembly.Load(package).GetExportedTypes().OrderBy(static type => type.FullName, StringComparer.Ordinal);
        var surface = string.Join('\n', types.SelectMany(Lines)) + '\n';
        if (Environment.GetEnvironmentVariable("AXVAULT_TESTS_UPDATE") == "api")
        {
            File.WriteAllText(file, surface);
        }

        Assert.Equal(File.ReadAllText(file), surface);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_public_type_and_method_has_an_example(string package)
    {
        var documented = System.Xml.Linq.XDocument
            .Load(Path.ChangeExtension(Assembly.Load(package).Location, "xml"))
            .Descendants("member")
            .Where(static member => member.Descendants("code").Any() || member.Element("inheritdoc") is not null)
            .Select(static member => member.Attribute("name")!.Value.Split('(', '`')[0])
            .ToHashSet();
        var names = Assembly.Load(package)
            .GetExportedTypes()
            .Where(static type => !type.IsEnum)
            .SelectMany(static type => Methods(type).Select(method => $"M:{type.FullName}.{method.Name}").Prepend($"T:{type.FullName}"))
            .ToList();

        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, name => !documented.Contains(name));
    }

    // Without the methods that the compiler makes for a record.
    private static IEnumerable<MethodInfo> Methods(Type type) =>
        type.GetMethod("<Clone>$") is not null
            ? []
            : type.GetMethods(Own).Where(static method => IsNamed(method) && method.GetBaseDefinition().DeclaringType != typeof(object));

    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static IEnumerable<string> Lines(Type type) =>
        [
            $"{(type.IsInterface ? "interface" : type.IsEnum ? "enum" : "class")} {type.FullName}",
            .. type.GetMembers(Own)
                .Where(IsNamed)
                .Select(static member => $"  {Describe(member)}")
                .Order(StringComparer.Ordinal),
        ];

    // Accessors are told by their property, and the field of an enumeration's value has no name of ours.
    private static bool IsNamed(MemberInfo member) => member is not (MethodInfo { IsSpecialName: true } or FieldInfo { IsSpecialName: true });

    private static string Describe(MemberInfo member) =>
        member switch
        {
            MethodInfo method => $"{NameOf(method.ReturnType)} {method.Name}({string.Join(", ", method.GetParameters().Select(Describe))})",
            ConstructorInfo constructor => $"new({string.Join(", ", constructor.GetParameters().Select(Describe))})",
            PropertyInfo property => $"{NameOf(property.PropertyType)} {property.Name} {{ {(property.SetMethod?.IsPublic == true ? "get; set;" : "get;")} }}",
            _ => member.Name,
        };

    private static string Describe(ParameterInfo parameter) => $"{NameOf(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? " = …" : "")}";

    private static string NameOf(Type type) =>
        type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : type.Name;
}

using Axvault.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Axvault.Tests.Conventions;

/// <summary>Limits of size. A file, a method or a constructor beyond them has two jobs.</summary>
public sealed class LimitRules
{
    private const int MaxFileLines = 300;
    private const int MaxMethodLines = 60;
    private const int MaxLineCharacters = 160;
    private const int MaxConstructorParameters = 7;

    private static readonly string[] Folders =
    [
        "Axvault.Api",
        "Axvault.AppHost",
        "Axvault.Hosting",
        "Axvault.ServiceDefaults",
        "Axvault.Tests",
        "Axvault.Tests.Provider",
        "bench",
        "fuzz",
        "samples",
    ];

    private static readonly IReadOnlyList<(string Path, SyntaxTree Tree)> Files =
    [
        .. Folders.SelectMany(SourceTree.CSharp).Select(static file => (file.Path, CSharpSyntaxTree.ParseText(file.Text))),
    ];

    [Fact]
    public void No_file_has_more_than_300_lines() =>
        Assert.Empty(
            Files.Where(static file => LinesOf(file.Tree).Count > MaxFileLines + 1).Select(static file => $"{file.Path}: {LinesOf(file.Tree).Count - 1} lines")
        );

    [Fact]
    public void No_line_has_more_than_160_characters() =>
        Assert.Empty(
            Files.SelectMany(static file =>
                LinesOf(file.Tree)
                    .Where(static line => line.Span.Length > MaxLineCharacters)
                    .Select(line => $"{file.Path}:{line.LineNumber + 1}: {line.Span.Length} characters")
            )
        );

    [Fact]
    public void No_method_has_more_than_60_lines() =>
        Assert.Empty(
            Files.SelectMany(static file =>
                file.Tree.GetRoot()
                    .DescendantNodes()
                    .Where(static node => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax)
                    .Select(static node => (Node: node, Lines: LineCount(node)))
                    .Where(static method => method.Lines > MaxMethodLines)
                    .Select(method => $"{file.Path}:{FirstLine(method.Node)}: {method.Lines} lines")
            )
        );

    [Fact]
    public void No_constructor_has_more_than_7_parameters() =>
        Assert.Empty(
            Files.SelectMany(static file =>
                file.Tree.GetRoot()
                    .DescendantNodes()
                    .Select(static node =>
                        (
                            Node: node,
                            Parameters: node switch
                            {
                                ConstructorDeclarationSyntax constructor => constructor.ParameterList,
                                ClassDeclarationSyntax primary => primary.ParameterList,
                                _ => null,
                            }
                        )
                    )
                    .Where(static constructor => constructor.Parameters?.Parameters.Count > MaxConstructorParameters)
                    .Select(constructor => $"{file.Path}:{FirstLine(constructor.Node)}: {constructor.Parameters!.Parameters.Count} parameters")
            )
        );

    private static TextLineCollection LinesOf(SyntaxTree tree) => tree.GetText(TestContext.Current.CancellationToken).Lines;

    // Without the comments and attributes before it.
    private static int LineCount(SyntaxNode node)
    {
        var first = node.ChildNodesAndTokens().First(static child => !child.IsKind(SyntaxKind.AttributeList));
        return node.GetLocation().GetLineSpan().EndLinePosition.Line - first.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1;
    }

    private static int FirstLine(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
